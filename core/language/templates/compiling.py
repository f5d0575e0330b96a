"""What the parser makes of a template so that it can be counted, and the code that is written for it.

Loops, macros and blocks are charged by the size of what they repeat; what builds, copies, compares or searches goes
through a filter of the sandbox that measures first. The rest is Jinja's own code.
"""

from typing import Any, Final, cast

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.visitor import NodeTransformer

BODY: Final = 8  # nodes of a body that cost about one turn
CALL: Final = 8  # turns of calling a macro
_PLAIN: Final = (nodes.Const, nodes.TemplateData)


class Code(CodeGenerator):
    """Computes nothing while it compiles: a filter over a constant may still read the hall."""

    def _output_child_to_const(self, node: nodes.Expr, frame: Frame, finalize: Any) -> str:
        if not isinstance(node, _PLAIN):
            raise nodes.Impossible
        return super()._output_child_to_const(node, frame, finalize)


class Counted(NodeTransformer):
    """Sends what may be long or large through the counting filters."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        weight = _weight(node)
        self.generic_visit(node)
        node.iter = _through("_turns", cast("nodes.Expr", node.iter), weight)
        return node

    def visit_Macro(self, node: Any) -> Any:
        """Also of what `call` and `block` repeat."""
        weight = CALL + _weight(node)
        self.generic_visit(node)
        spent = _through("_spent", nodes.Const(weight, lineno=node.lineno, environment=node.environment))
        node.body.insert(0, nodes.ExprStmt(spent, lineno=node.lineno))
        return node

    visit_CallBlock = visit_Block = visit_Macro

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:
        self.generic_visit(node)
        searched = False
        for operand in node.ops:
            if operand.op in ("in", "notin"):
                if not isinstance(operand.expr, (nodes.Const, nodes.List, nodes.Tuple)):
                    operand.expr = _through("_searched", operand.expr)
                    searched = True
            elif not isinstance(operand.expr, nodes.Const) and not isinstance(node.expr, nodes.Const):
                operand.expr = _through("_compared", operand.expr)
        if searched and not isinstance(node.expr, nodes.Const):
            node.expr = _through("_compared", node.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Getitem:
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _through("_copied", node.node)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:
        self.generic_visit(node)
        return _through("_joined", nodes.List(node.nodes, lineno=node.lineno, environment=node.environment))

    def visit_List(self, node: nodes.List) -> nodes.Expr:
        self.generic_visit(node)
        return node if all(map(_simple, node.items)) else _through("_made", node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:
        self.generic_visit(node)
        return node if node.ctx != "load" or all(map(_simple, node.items)) else _through("_made", node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Expr:
        self.generic_visit(node)
        simple = all(_simple(pair.key) and _simple(pair.value) for pair in node.items)
        return node if simple else _through("_made", node)


def _simple(node: nodes.Expr) -> bool:
    return isinstance(node, (nodes.Const, nodes.Concat, nodes.Compare))


def _weight(node: nodes.Node) -> int:
    return 1 + sum(1 for _ in node.find_all(nodes.Node)) // BODY


def _through(name: str, node: nodes.Expr, *more: int) -> nodes.Filter:
    args: list[nodes.Expr] = [nodes.Const(one, lineno=node.lineno, environment=node.environment) for one in more]
    return nodes.Filter(node, name, args, [], None, None, lineno=node.lineno, environment=node.environment)

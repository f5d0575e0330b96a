"""The actions and questions on users and tokens: `access.*`, for owners alone."""

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from .access import ROLES
from .accounts import Accounts
from .actions import Answer, Call
from .errors import BadData
from .schema import Duration, Name, Strict
from .site import Language

Role = Literal["owner", "manager", "staff", "booking", "device"]
assert set(ROLES) == {"owner", "manager", "staff", "booking", "device"}
Password = Annotated[str, Field(min_length=8, max_length=256)]
Scope = Annotated[str, Field(pattern=r"^(action|entity|event|view):\S{1,200}$")]


class UserAdd(Strict):
    """A new user."""

    name: Name = Field(max_length=64, description="The name to sign in with.")
    role: Role = Field(description="owner, manager, staff, booking or device.")
    password: Password | None = Field(None, description="At least 8 characters; without one only tokens sign in.")
    title: str | None = Field(None, max_length=200, description="What people call them.")
    language: Language | None = Field(None, description="The language they are answered in.")


class UserUpdate(Strict):
    """What changes of a user; what is not given stays."""

    name: Name = Field(max_length=64, description="Whom.")
    role: Role | None = Field(None, description="owner, manager, staff, booking or device.")
    password: Password | None = Field(None, description="A new password; it ends the user's sessions.")
    title: str | None = Field(None, max_length=200, description="What people call them.")
    language: Language | None = Field(None, description="The language they are answered in.")


class UserRemove(Strict):
    """A user who goes, with all tokens."""

    name: Name = Field(max_length=64, description="Whom.")


class TokenAdd(Strict):
    """A new long-lived token."""

    user: Name = Field(max_length=64, description="Whose.")
    name: str = Field(min_length=1, max_length=200, description="What it is for.")
    scopes: list[Scope] = Field(
        [], max_length=200, description="What it is narrowed to: action:counter.*, entity:counter.1, view:display/hall."
    )
    expires: Duration | None = Field(None, description="How long it is good for; without it for ever.")


class TokenRemove(Strict):
    """A token that is revoked."""

    id: str = Field(max_length=64, description="Its id, as access.tokens tells it.")


class Nothing(Strict):
    """A question without anything to say."""


MODELS: Final = {
    "access.user_add": UserAdd,
    "access.user_update": UserUpdate,
    "access.user_remove": UserRemove,
    "access.users": Nothing,
    "access.token_add": TokenAdd,
    "access.token_remove": TokenRemove,
    "access.tokens": Nothing,
}
"""What the kernel's own configuration check knows of these actions."""


def register(accounts: Accounts, add: Callable[..., Any]) -> None:
    """Register all of them; `add(name, model, run, description=..., question=...)` is a Kit's `action`."""

    async def user_add(data: UserAdd, call: Call) -> Answer:
        user = await accounts.add_user(
            data.name, data.role, data.password, title=data.title, language=data.language
        )  # fmt: skip
        return {"user": user.public()}

    async def user_update(data: UserUpdate, call: Call) -> Answer:
        changes = data.model_dump(exclude_unset=True, exclude={"name"})
        if not changes or changes.get("role", "") is None:
            raise BadData({"en": "Say what changes: role, password, title or language.",
                           "zh-CN": "请说明要修改的内容：角色、密码、称呼或语言。"})  # fmt: skip
        return {"user": (await accounts.update_user(data.name, **changes)).public()}

    async def user_remove(data: UserRemove, call: Call) -> Answer:
        await accounts.remove_user(data.name)
        return {}

    async def users(data: Nothing, call: Call) -> Answer:
        return {"users": [user.public() for user in accounts.users()]}

    async def token_add(data: TokenAdd, call: Call) -> Answer:
        return {"token": await accounts.add_token(data.user, data.name, data.scopes, data.expires)}

    async def token_remove(data: TokenRemove, call: Call) -> Answer:
        await accounts.remove_token(data.id)
        return {}

    async def tokens(data: Nothing, call: Call) -> Answer:
        names = {user.id: user.name for user in accounts.users()}
        return {"tokens": [
            {"id": t.id, "user": names[t.user], "name": t.name, "kind": t.kind, "scopes": sorted(t.scopes),
             "created": t.created, "expires": t.expires} for t in accounts.tokens()]}  # fmt: skip

    runs: dict[str, tuple[Callable[..., Any], str, str]] = {
        "access.user_add": (user_add, "Make a user.", "添加用户。"),
        "access.user_update": (user_update, "Change a user.", "修改用户。"),
        "access.user_remove": (user_remove, "Remove a user and all their tokens.", "删除用户及其全部令牌。"),
        "access.users": (users, "All users.", "列出全部用户。"),
        "access.token_add": (token_add, "Make a token, told this once.", "创建令牌，仅显示一次。"),
        "access.token_remove": (token_remove, "Revoke a token.", "撤销令牌。"),
        "access.tokens": (tokens, "All tokens and sessions.", "列出全部令牌和会话。"),
    }
    for name, (run, en, zh) in runs.items():
        question = name in ("access.users", "access.tokens")
        add(name, MODELS[name], run, description={"en": en, "zh-CN": zh}, question=question,
            response="only" if question else "optional")  # fmt: skip

"""`usher check` of 10,000 lines: queues, counters, automations with templates, in a hundred included files."""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .figures import Figure

LINES = 10_000
GOAL = 1.5  # seconds
_AUTOMATION = """\
- alias: Watch queue {n}
  id: "{n}"
  description: Says when many wait, and who was called where.
  mode: queued
  max: 5
  triggers:
    - trigger: numeric_state
      entity_id: queue.q{q}
      above: 20
      for: "00:02"
    - trigger: ticket
      event: [called, no_show]
      queue: q{q}
      counter: "{c}"
      id: called
  conditions:
    - "{{{{ states('queue.q{q}') | int(0) > 3 and is_state('counter.{c}', 'calling') }}}}"
    - condition: or
      conditions:
        - condition: state
          entity_id: counter.{c}
          state: [calling, serving]
        - condition: trigger
          id: called
  actions:
    - variables:
        waiting: "{{{{ state_attr('queue.q{q}', 'waiting') }}}}"
    - if: "{{{{ waiting | int(0) > {n} }}}}"
      then:
        - action: queue.pause
          target:
            entity_id: queue.q{q}
      else:
        - delay: "00:00:30"
        - action: counter.recall
          data:
            counter: "{c}"
"""


def lay(folder: Path, lines: int = LINES) -> int:
    """Write a configuration of about so many lines; answers how many there are."""
    queues = "".join(
        f"q{n}:\n  name: {{en: Queue {n}, zh-CN: 队列 {n}}}\n  prefix: {chr(65 + n // 26)}{chr(65 + n % 26)}\n  digits: 3\n  requeue: {{after: 3, times: 1}}\n"
        for n in range(200)
    )
    counters = "".join(
        f'"{n}":\n  name: Window {n}\n  serves:\n    - {{queue: q{n}, priority: 5}}\n    - {{queue: q{(n + 1) % 200}}}\n'
        for n in range(200)
    )
    (folder / "queues.yaml").write_text(queues, "utf-8")
    (folder / "counters.yaml").write_text(counters, "utf-8")
    written = queues.count("\n") + counters.count("\n") + 4
    (folder / "automations").mkdir()
    each, n = _AUTOMATION.count("\n"), 0
    while written < lines:
        text = "".join(_AUTOMATION.format(n=n + k, q=(n + k) % 200, c=(n + k) % 200) for k in range(5))
        (folder / f"automations/{n:04}.yaml").write_text(text, "utf-8")
        n, written = n + 5, written + 5 * each
    (folder / "configuration.yaml").write_text(
        "usher: {site: bench}\nqueue: !include queues.yaml\ncounter: !include counters.yaml\n"
        "automation: !include_dir_merge_list automations\n"
    )
    return written


def run(runs: int) -> list[Figure]:
    """The whole command, the start of Python and all imports in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = lay(folder)
        both = [_took("-m", "usher.core", "check", str(folder)) for _ in range(runs)]
        empty = folder / "empty"
        empty.mkdir()
        (empty / "configuration.yaml").write_text("queue:\n")
        bare = [_took("-m", "usher.core", "check", str(empty)) for _ in range(runs)]
    return [
        Figure(f"usher check, {lines:,} lines: {what}", [one[at] for one in both], "s", GOAL, False,
               min(one[at] for one in bare), "an empty one")
        for at, what in enumerate(("wall", "processor"))
    ]  # fmt: skip


def _took(*arguments: str) -> tuple[float, float]:
    """(wall, processor) seconds."""
    began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout[:2000] + done.stderr[:2000]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - began, after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime

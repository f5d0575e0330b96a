"""`check_config`: the same `usher check` that the installer runs, in a process of its own so that the hall does not wait."""

import asyncio
import sys
from pathlib import Path
from typing import Any, Final

from ...core.errors import Failed

TIMEOUT: Final = 30.0
MAX_TEXT: Final = 64 * 1024


async def check_configuration(folder: Path, language: str | None) -> dict[str, Any]:
    """{"result": "valid" | "invalid", "errors": text | None, "warnings": text | None}."""
    package = __package__.partition(".integrations")[0] if __package__ else "usher"
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", f"{package}.core", "check", str(folder), "--language", "zh-CN" if (language or "").startswith("zh") else "en",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)  # fmt: skip
    try:
        async with asyncio.timeout(TIMEOUT):
            out, _ = await child.communicate()
    except TimeoutError as error:
        raise Failed({"en": f"The check took longer than {TIMEOUT:g} s.",
                      "zh-CN": f"检查超过 {TIMEOUT:g} 秒未完成。"}, "timeout") from error  # fmt: skip
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    text = out.decode(errors="replace")[:MAX_TEXT].strip() or None
    valid = child.returncode == 0
    return {"result": "valid" if valid else "invalid", "errors": None if valid else text,
            "warnings": text if valid else None}  # fmt: skip

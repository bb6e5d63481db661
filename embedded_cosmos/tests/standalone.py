"""The embedded database as a process of its own, as `python -m embedded_cosmos` starts it."""

import asyncio
import signal
import sys
from types import TracebackType
from typing import Self


class Standalone:
    def __init__(self, *options: str, port: int = 0, python: str = sys.executable) -> None:
        self._command = [python, "-m", "embedded_cosmos", "--port", str(port), *options]
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""
        self.connection_string = ""

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*self._command, stdin=pipe, stdout=pipe, stderr=pipe)
        assert self._process.stdout is not None
        ready = (await self._process.stdout.readline()).decode()
        self.url = next(word for word in ready.split() if word.startswith("http://"))
        self.connection_string = (await self._process.stdout.readline()).decode().strip()
        return self

    async def kill(self) -> None:
        """As `kill -9` does: no goodbye."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()

    async def orphan(self) -> int:
        """As the death of its parent does: the pipe to its standard input closes."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return await self.process.wait()

    async def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """The exit code, and all that was said after the first line."""
        if self.process.returncode is None:
            self.process.send_signal(how)
        out, err = await self.process.communicate()
        return await self.process.wait(), (out + err).decode()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.end()

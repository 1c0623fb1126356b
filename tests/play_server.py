"""The server that people play at, as it is started from the command line."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

ENV = "ProactiveOcclusion-v0"
PATIENCE = 20.0


class Server:
    """``proactive-gym play`` as it is typed, and a browser that has been there."""

    def __init__(self, out: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "proactive_gym.cli", "play", ENV, "--out", str(out), *arguments]
        command += ["--episodes", "2", "--port", "0", "--no-browser"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said = self.process.stdout.readline()
        self.address = re.search(r"http://127\.0\.0\.1:\d+/", said)[0]
        self.browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def send(self, to: str, **fields: str) -> str:
        data = urlencode(fields).encode()
        return self.browser.open(self.address + to, data=data, timeout=PATIENCE).read().decode()

    def until_over(self, page: str) -> str:
        while 'data-kind="asking"' in page:
            stamp = re.search(r'name="stamp" value="([^"]+)"', page)[1]
            page = self.send("reply", stamp=stamp, option=re.search(r'name="option" value="(\d+)"', page)[1])
        return page

    def end(self, how: signal.Signals) -> tuple[int, str, str]:
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, out, err

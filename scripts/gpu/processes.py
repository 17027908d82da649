"""Running one command within a limit of time, and ending it and all it started when the limit is reached."""
import os
import signal
import subprocess
import time

INTERRUPT_S = 8.0  # what a recorder gets to close its session


class Finished:
    """`code` is None where the command could not be started or was ended by the limit; `why` says which."""

    def __init__(self, code, duration, why=None):
        self.code, self.duration, self.why = code, duration, why


def run(command, limit_s, stdout, stderr, env, cwd):
    """Runs `command` with its output in the files at `stdout` and `stderr`. Never raises for what the command does."""
    began = time.monotonic()
    with open(stdout, "wb") as out, open(stderr, "wb") as err:
        try:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env, cwd=cwd, start_new_session=True)
        except OSError as error:
            return Finished(None, time.monotonic() - began, "it could not be started: %s" % error)
        try:
            code, why = child.wait(limit_s), None
        except subprocess.TimeoutExpired:
            end(child)
            code, why = None, "ended after %.0f s, its limit" % limit_s
        except BaseException:
            end(child)
            raise
    return Finished(code, time.monotonic() - began, why)


def end(child):
    """Asks as Ctrl-C does, then ends the process group outright."""
    for sent, patience in ((signal.SIGINT, INTERRUPT_S), (signal.SIGKILL, 5.0)):
        if child.poll() is not None:
            return
        try:
            if sent == signal.SIGINT:
                child.send_signal(sent)
            else:
                os.killpg(child.pid, sent)
        except ProcessLookupError:
            pass
        try:
            child.wait(patience)
        except subprocess.TimeoutExpired:
            pass


def start(command, output, env, cwd):
    """A companion that runs beside a run; None where it cannot be started. End it with `end`."""
    with open(output, "wb") as out:
        try:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, cwd=cwd, start_new_session=True)
        except OSError as error:
            out.write(str(error).encode())
            return None


def wait_for(child, path, text, limit_s):
    """True once the file at `path` holds `text`; False when `child` ends or the limit passes before."""
    until = time.monotonic() + limit_s
    while time.monotonic() < until:
        with open(path, "rb") as file:
            if text.encode() in file.read():
                return True
        if child.poll() is not None:
            return False
        time.sleep(0.1)
    return False

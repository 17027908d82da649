"""What this machine is, and what nvidia-smi says on it, kept word for word in files."""
import json
import os
import platform
import re
import shutil
import sys

import processes

CAPTURE_LIMIT_S = 20.0
REFUSALS = 8  # fields listed by nvidia-smi's own help that it then refuses


def nvidia_smi(env):
    """Path of nvidia-smi, or None."""
    return env.get("PLUMBLINE_NVIDIA_SMI") or shutil.which("nvidia-smi", path=env.get("PATH")) or next(
        (path for path in ("/usr/lib/wsl/lib/nvidia-smi", "/usr/local/nvidia/bin/nvidia-smi") if os.access(path, os.X_OK)), None)


def captures(smi, folder, env, seconds_left, quick=False):
    """Asks nvidia-smi everything once; returns what was asked with its exit code. `quick`: only what a load changes."""
    os.makedirs(folder, exist_ok=True)
    done = []

    def ask(name, *words):
        limit = min(CAPTURE_LIMIT_S, seconds_left())
        if limit <= 1:
            done.append({"name": name, "command": ["nvidia-smi"] + list(words), "exitCode": None, "why": "no time was left"})
            return None
        path = os.path.join(folder, name)
        finished = processes.run([smi] + list(words), limit, path, path + ".stderr", env, folder)
        if os.path.getsize(path + ".stderr") == 0:
            os.remove(path + ".stderr")
        done.append({
            "name": name, "command": ["nvidia-smi"] + list(words), "exitCode": finished.code, "durationS": round(finished.duration, 3), "why": finished.why,
        })
        return path

    ask("q.xml", "-q", "-x")
    ask("q.txt", "-q")
    ask("compute-apps.csv", "--query-compute-apps=gpu_uuid,gpu_name,pid,process_name,used_gpu_memory", "--format=csv")
    ask("pmon.txt", "pmon", "-c", "1", "-s", "um")
    ask("dmon.txt", "dmon", "-c", "3", "-s", "pucvmet")
    if quick:
        return done
    ask("table.txt")
    ask("list.txt", "-L")
    ask("version.txt", "--version")
    help_path = ask("help-query-gpu.txt", "--help-query-gpu")
    fields = query_fields(help_path) if help_path else []
    for _ in range(REFUSALS if fields else 0):
        path = ask("query-gpu-all.csv", "--query-gpu=" + ",".join(fields), "--format=csv")
        refused = _first(path, r'^Field "([^"]+)" is not a valid field') if path else None
        if refused not in fields:
            break
        fields.remove(refused)
    return done


def query_fields(path):
    """Every field that --help-query-gpu lists: one name of each line of quoted names."""
    with open(path, encoding="utf-8", errors="replace") as file:
        return [found.group(1) for found in (re.match(r'"([A-Za-z0-9_.]+)"', line) for line in file) if found]


def _first(path, pattern):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = re.search(pattern, file.read(), re.MULTILINE)
            return found.group(1).strip() if found else None
    except OSError:
        return None


TORCH = """
import json, torch
gpus = [{"name": p.name, "bytes": p.total_memory, "processors": p.multi_processor_count, "capability": "%d.%d" % (p.major, p.minor)}
        for p in map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))]
print(json.dumps({"torch": torch.__version__, "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version(), "gpus": gpus}))
"""


def describe(folder, env, node, cli, python, seconds_left):
    """The machine in a few fields, absent ones null, and why PyTorch cannot use it, null where it can or nobody knows;
    torch's and the doctor's own words in files beside.
    """
    def ask(name, command):
        """The last line as JSON, null where the command fails or prints something else; all its words stay in the file."""
        path = os.path.join(folder, name)
        finished = processes.run(command, min(60.0, max(1.0, seconds_left())), path, path + ".stderr", env, folder)
        try:
            with open(path, encoding="utf-8") as file:
                return json.loads(file.read().strip().split("\n")[-1]) if finished.code == 0 else None
        except ValueError:
            return None

    torch = ask("torch.json", [python, "-c", TORCH])
    ask("doctor.json", [node, cli, "doctor", "--json"])
    ask("ldconfig.txt", [shutil.which("ldconfig") or "/sbin/ldconfig", "-p"])
    libraries = {name: bool(_first(os.path.join(folder, "ldconfig.txt"), r"(%s\.so)" % name)) for name in ("libvulkan", "libcuda", "libnvidia-ml")}
    described = {
        "kernel": platform.release(), "architecture": platform.machine(), "os": _first("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "cpu": _first("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"), "cores": os.cpu_count(),
        "memory": _first("/proc/meminfo", r"^MemTotal:\s*(.*)$"), "python": sys.version.split()[0],
        "driver": _first("/proc/driver/nvidia/version", r"Kernel Module\s+([0-9.]+)"), "namespacePids": _first("/proc/self/status", r"^NSpid:\s*(.*)$"),
        "libraries": libraries, "torch": torch,
        "plumbline": _first(os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(cli))), "package.json"), r'"version":\s*"([^"]*)"'),
    }
    return described, lacking_torch(torch, os.path.join(folder, "torch.json.stderr"))


def lacking_torch(torch, stderr):
    """Why no run of PyTorch can succeed, in a sentence; None where one may. A look that took too long says nothing."""
    if torch is not None:
        return None if torch["gpus"] else "PyTorch %s finds no GPU" % torch["torch"]
    missing = _first(stderr, r"^(ModuleNotFoundError: No module named 'torch')")
    return missing and "PyTorch is not installed for this Python"

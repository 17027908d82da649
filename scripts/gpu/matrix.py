"""The matrix of runs: read from a JSON file, turned into command lines. See README.md for the fields."""
import hashlib
import json
import os


class BadMatrix(Exception):
    """One sentence on what is wrong with the file."""


def held_out(name):
    """True for about a third of all names, by the name alone: the first byte of its SHA-256, modulo 3, is 0.

    A run and its twin without Plumbline share a name, and so their side.
    """
    return hashlib.sha256(name.encode()).digest()[0] % 3 == 0


def load(path):
    """The runs in order of worth, each with every field it has. Raises BadMatrix."""
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        defaults, rows = document.get("defaults", {}), document["runs"]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BadMatrix("The matrix %s cannot be read: %s." % (path, error))
    runs = {}
    for row in rows:
        if "bareOf" in row:
            twin = runs.get(row["bareOf"])
            if twin is None or "workload" not in twin:
                raise BadMatrix("There is no workload named %s above its twin without Plumbline." % row["bareOf"])
            run = dict(twin, bare=True)
            key = run["name"] + ".bare" + ("-%d" % row["again"] if "again" in row else "")
        else:
            run = dict(defaults, **row)
            run["undeclared"] = dict(defaults.get("undeclared", {}), **row.get("undeclared", {}))
            if str(run.get("workload", {}).get("model", "")).endswith(".json"):  # beside the matrix
                beside = os.path.join(os.path.dirname(os.path.abspath(path)), run["workload"]["model"])
                run["workload"] = dict(run["workload"], model=beside)
            run["bare"], key = False, run.get("name", "")
            if not key or key.strip("abcdefghijklmnopqrstuvwxyz0123456789-"):
                raise BadMatrix("A name is missing or not of a-z, 0-9 and -: %r." % key)
            if ("workload" in run) == ("bundled" in run):
                raise BadMatrix("The run %s needs either workload or bundled." % key)
        if key in runs:
            raise BadMatrix("The run %s is there twice." % key)
        run["key"], run["heldOut"] = key, held_out(run["name"])
        runs[key] = run
    return list(runs.values())


def options(fields):
    """{"kvCache": "on", "promptTokens": 8} as ["--kv-cache", "on", "--prompt-tokens", "8"]; `mode` apart."""
    words = []
    for key, value in fields.items():
        if key != "mode":
            words += ["--" + "".join("-" + one.lower() if one.isupper() else one for one in key), str(value)]
    return words


def sample(run, folder):
    """Path of the run's PyTorch sample, `script` of `folder`."""
    return os.path.join(folder, run.get("script", "torch_gpt2.py"))


def workload_command(run, python, script, folder):
    """What is launched: the PyTorch sample, inside faults.py where something is planted."""
    fields = run["workload"]
    command = [python, "-B", script, fields["mode"]] + options(fields) + options(run["undeclared"])
    if run.get("plant"):
        command = [python, "-B", os.path.join(folder, "faults.py")] + options(run["plant"]) + ["--"] + command[2:]
    return command


def record_command(run, node, cli, python, script, folder):
    """The whole command line of a run under Plumbline."""
    command = [node, cli, "record", "--json", "--name", run["name"], "--interval", str(run["interval"])]
    if "bundled" in run:
        return command + ["--bundled", "gpt2", "--mode", run["bundled"]["mode"]] + options(run["bundled"])
    if run.get("declare", {}) is not None:
        # What is declared is what runs, except where the matrix plants a false declaration.
        declared = dict(run["workload"], **run.get("declare", {}))
        command += ["--framework", "pytorch", "--mode", declared["mode"]] + options(declared)
    return command + ["--"] + workload_command(run, python, script, folder)

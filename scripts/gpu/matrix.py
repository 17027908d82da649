"""The matrix of runs: read from a JSON file, turned into command lines. See README.md for the fields."""
import hashlib
import json
import os


class BadMatrix(Exception):
    """One sentence on what is wrong with the file."""


def held_out(name):
    """True for about a third of all names, by the name alone: the first 8 hex digits of its SHA-256 modulo 3 are 0.

    A run and its twin without Plumbline share a name, and so their side.
    """
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 3 == 0


def load(path):
    """Runs in order of worth, twins without Plumbline included. Raises BadMatrix."""
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
        defaults, rows = document.get("defaults", {}), document["runs"]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BadMatrix("The matrix %s cannot be read: %s." % (path, error))
    runs, names = [], set()
    for row in rows:
        run = dict(defaults, **row)
        name = run.get("name", "")
        if not name or name.strip("abcdefghijklmnopqrstuvwxyz0123456789-") or name in names:
            raise BadMatrix("The matrix %s has a name that is missing, used twice, or not of a-z, 0-9 and -: %r." % (path, name))
        if ("workload" in run) == ("bundled" in run):
            raise BadMatrix("The run %s needs either workload or bundled." % name)
        names.add(name)
        run["heldOut"] = held_out(name)
        run["bare"] = False
        runs.append(run)
        if run.get("alsoBare"):
            runs.append(dict(run, bare=True))
    # A twin is worth less than the first look at everything else: it comes after the runs that precede `bareAfter`.
    return sorted(runs, key=lambda run: (run["worth"] + (0.5 if run["bare"] else 0)) if "worth" in run else 0)


def options(fields):
    """{"kvCache": "on", "promptTokens": 8} as ["--kv-cache", "on", "--prompt-tokens", "8"]; `mode` apart."""
    words = []
    for key, value in fields.items():
        if key != "mode":
            words += ["--" + "".join("-" + one.lower() if one.isupper() else one for one in key), str(value)]
    return words


def workload_command(run, python, script, folder):
    """What is launched: the PyTorch sample, inside faults.py where something is planted."""
    fields = run["workload"]
    command = [python, "-B", script, fields["mode"]] + options(fields)
    if run.get("plant"):
        command = [python, "-B", os.path.join(folder, "faults.py")] + options(run["plant"]) + ["--"] + command[2:]
    return command


def record_command(run, node, cli, python, script, folder):
    """The whole command line of a run under Plumbline."""
    command = [node, cli, "record", "--json", "--name", run["name"], "--interval", str(run["interval"])]
    if "bundled" in run:
        return command + ["--bundled", "gpt2", "--mode", run["bundled"]["mode"]] + options(run["bundled"])
    # What is declared is what runs, except where the matrix plants a false declaration. Only the sample's own
    # optimizer kernels are words of the budget as well.
    declared = dict(run["workload"], **run.get("declare", {}))
    return command + ["--framework", "pytorch", "--mode", declared["mode"]] + options(declared) + ["--"] + workload_command(run, python, script, folder)

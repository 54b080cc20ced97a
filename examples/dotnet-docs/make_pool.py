#!/usr/bin/env python3
"""Turns the reference XML of an installed .NET SDK into a pool of question and answer records.

    python3 make_pool.py [FOLDER] [--out pool.jsonl] [--per-subject 240] [--min-chars 40]

FOLDER is one `ref/net*` folder with the *.xml files of Microsoft.NETCore.App.Ref, or any folder above it
(the newest version below it is taken). Without FOLDER the installed SDKs are asked. Python 3.9, standard library only.

A record is one documented member: the question names it, the answer is its summary as plain text.
The same XML gives the same bytes: a namespace with more members than it may keep keeps those whose
identifiers have the lowest SHA-256, so a small change of the SDK changes few records.
"""

import argparse
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET

# One line, one subject: every subject gets the same number of records, shared evenly by its namespaces.
SUBJECTS = [
    ["System.Collections.Generic"],
    ["System.Collections.Immutable"],
    ["System.ComponentModel"],
    ["System.Data", "System.Data.Common"],
    ["System.Diagnostics"],
    ["System.Drawing"],
    ["System.Globalization"],
    ["System.IO", "System.IO.Compression"],
    ["System.Linq"],
    ["System.Linq.Expressions"],
    ["System.Net", "System.Net.Http", "System.Net.Sockets"],
    ["System.Numerics"],
    ["System.Reflection"],
    ["System.Reflection.Emit"],
    ["System.Runtime.InteropServices"],
    ["System.Security.Cryptography"],
    ["System.Text"],
    ["System.Text.Json"],
    ["System.Text.RegularExpressions"],
    ["System.Threading", "System.Threading.Tasks"],
    ["System.Xml"],
]

PACK = "Microsoft.NETCore.App.Ref"
BOILERPLATE = re.compile(r"This (API|type|member|method|property|class) supports the|infrastructure and is not intended|\[!", re.I)
BLOCKS = {"para", "p", "br", "item", "list", "description"}


class Found(Exception):
    """What the user can mend."""


def version_key(path):
    """Sorts 10.0.2 after 9.0.14, and net10.0 after net9.0."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", path)]


def installed_roots():
    """Folders that may hold `packs`, the likeliest first."""
    if os.environ.get("DOTNET_ROOT"):
        yield os.environ["DOTNET_ROOT"]
    dotnet = shutil.which("dotnet")
    if dotnet:
        listing = subprocess.run([dotnet, "--list-sdks"], capture_output=True, text=True, check=False).stdout
        for line in reversed(listing.splitlines()):
            match = re.search(r"\[(.+)\]\s*$", line)
            if match:
                yield os.path.dirname(match.group(1))
    yield from ["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/local/share/dotnet", os.path.expanduser("~/.dotnet"),
                r"C:\Program Files\dotnet"]


def reference_folder(given):
    """The newest folder with reference XML below `given`, or of the installed SDKs."""
    roots = [given] if given else list(dict.fromkeys(installed_roots()))
    for root in roots:
        if glob.glob(os.path.join(glob.escape(root), "System.Runtime.xml")):
            return root
        found = glob.glob(os.path.join(glob.escape(root), "**", "ref", "net*", "System.Runtime.xml"), recursive=True)
        found = [path for path in found if PACK in path] or found
        if found:
            return os.path.dirname(max(found, key=version_key))
    raise Found(f"no reference XML found in: {', '.join(roots)}\n"
                f"expected: a folder packs/{PACK}/VERSION/ref/netN.0 with System.Runtime.xml\n"
                "do: install a .NET SDK, or pass the folder as the first argument")


def read_members(folder):
    """Every <member> of the folder, by identifier; where assemblies repeat one, the first file's stays."""
    members = {}
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*.xml"))):
        found = ET.parse(path).getroot().find("members")
        for member in found if found is not None else ():
            members.setdefault(member.get("name"), member)
    return members


class Names:
    """Identifiers of the XML documentation format as a developer writes them."""

    def __init__(self, members):
        self.parameters = {}
        for name, member in members.items():
            if name.startswith("T:"):
                self.parameters[name[2:]] = [entry.get("name") for entry in member.findall("typeparam")]

    def namespace(self, type_name):
        while type_name in self.parameters:
            type_name = type_name.rpartition(".")[0]
        return type_name

    def split(self, identifier):
        """'M:System.IO.File.Copy(...)' -> ('System.IO.File', 'Copy'); of a type the member is ''."""
        kind, _, rest = identifier.partition(":")
        rest = rest.partition("(")[0].partition("~")[0]
        if kind == "T":
            return rest, ""
        owner, _, member = rest.rpartition(".")
        return owner, re.sub(r"``\d+$", "", member)

    def type_text(self, type_name):
        """'System.Collections.Generic.List`1' -> 'System.Collections.Generic.List<T>'."""
        parts = type_name.split(".")
        for i, part in enumerate(parts):
            bare, tick, arity = part.partition("`")
            if tick:
                declared = self.parameters.get(".".join(parts[: i + 1]), [])
                count = int(arity.strip("`") or 0)
                outer = len(declared) - count
                names = declared[outer:] if outer >= 0 else []
                names = names or (["T"] if count == 1 else [f"T{n}" for n in range(1, count + 1)])
                parts[i] = f"{bare}<{', '.join(names)}>"
        return ".".join(parts)

    def short(self, identifier):
        """The text of a <see cref>: a type without its namespace, a member with its type's name."""
        if not re.match(r"[TMPFE]:", identifier):
            return re.sub(r"^.:|`+\d+", "", identifier).rpartition(".")[2]
        owner, member = self.split(identifier)
        text, namespace = self.type_text(owner), self.namespace(owner)
        kept = text.rpartition(".")[2] if namespace == owner else text[len(namespace) + 1:]
        return kept if member in ("", "#ctor") else f"{kept}.{member}"


def plain(element, names):
    """An element's text with its references resolved and its white space collapsed."""
    def walk(node):
        yield node.text or ""
        for child in node:
            if child.tag in BLOCKS:
                yield " "
            if child.get("cref"):
                yield (child.text or "").strip() or names.short(child.get("cref"))
            elif child.get("langword") or child.get("name"):
                yield child.get("langword") or child.get("name")
            elif child.get("uid"):
                yield re.sub(r"\(.*|`+\d+|\*", "", child.get("uid")).rpartition(".")[2]
            else:
                yield from walk(child)
            if child.tag in BLOCKS:
                yield " "
            yield child.tail or ""
    return " ".join("".join(walk(element)).split())


def question(identifier, names):
    """The question as a developer would put it, by the kind of the member."""
    owner, member = names.split(identifier)
    subject = names.type_text(owner)
    if not member:
        return f"What is {subject}?"
    if member.startswith("op_"):
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", member[3:]).lower()
        words += " conversion" if words in ("explicit", "implicit") else ""
        return f"What does the {words} operator of {subject} do?"
    return {
        "M": f"What does {subject}.{member} do?",
        "P": f"What is the {subject}.{member} property?",
        "F": f"What does {subject}.{member} mean?",
        "E": f"When is the {subject}.{member} event raised?",
    }[identifier[0]]


def candidates(members, names, min_chars):
    """Per namespace the records worth asking for: one per member name and one per summary."""
    pools = {namespace: [] for subject in SUBJECTS for namespace in subject}
    seen = set()
    # The shortest identifier first: of several overloads the plainest one answers.
    for identifier, member in sorted(members.items(), key=lambda entry: (len(entry[0]), entry[0])):
        summary = member.find("summary")
        if summary is None or not re.match(r"[TMPFE]:", identifier):
            continue
        owner, name = names.split(identifier)
        pool = pools.get(names.namespace(owner))
        # '#' marks constructors and explicit interface implementations, whose summaries all read alike.
        if pool is None or owner not in names.parameters or "#" in name:
            continue
        answer = plain(summary, names)
        if len(answer) < min_chars or BOILERPLATE.search(answer) or {(owner, name), answer} & seen:
            continue
        seen |= {(owner, name), answer}
        pool.append({
            "id": identifier,
            "dataset": names.namespace(owner),
            "messages": [
                {"role": "user", "content": question(identifier, names)},
                {"role": "assistant", "content": answer},
            ],
        })
    return pools


def main():
    options = argparse.ArgumentParser(description="Makes the pool of examples/dotnet-docs from an SDK's reference XML.")
    options.add_argument("folder", nargs="?", help="the SDK's reference XML, or a folder above it")
    options.add_argument("--out", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "pool.jsonl"))
    options.add_argument("--per-subject", type=int, default=240, help="at most so many records of one subject")
    options.add_argument("--min-chars", type=int, default=40, help="the shortest summary that is kept")
    chosen = options.parse_args()

    folder = reference_folder(chosen.folder)
    members = read_members(folder)
    records = []
    pools = candidates(members, Names(members), chosen.min_chars)
    for namespace, share in ((name, chosen.per_subject // len(subject)) for subject in SUBJECTS for name in subject):
        pool = pools[namespace]
        pool.sort(key=lambda record: hashlib.sha256(record["id"].encode()).digest())
        kept = sorted(pool[:share], key=lambda record: record["id"][2:])
        print(f"{len(kept):5} of {len(pool):5}  {namespace}", file=sys.stderr)
        records += kept

    lines = (json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records)
    with open(chosen.out + ".part", "w", encoding="utf-8", newline="\n") as out:
        out.writelines(line + "\n" for line in lines)
    os.replace(chosen.out + ".part", chosen.out)
    print(f"{len(records):5} records from {folder} -> {chosen.out}", file=sys.stderr)


if __name__ == "__main__":
    try:
        main()
    except Found as found:
        sys.exit(f"make_pool.py: {found}")

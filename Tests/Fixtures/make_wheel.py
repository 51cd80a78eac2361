"""Writes a small wheel with an MCP server, the same bytes each time: make_wheel.py FOLDER NAME VERSION [REQUIREMENT ...]."""

import base64
import hashlib
import sys
import zipfile

SERVER = """
import json
import sys


def main():
    for line in sys.stdin:
        request = json.loads(line)
        method = request["method"]
        if method == "initialize":
            version = request["params"]["protocolVersion"]
            info = {"name": NAME, "version": "1"}
            result = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info}
        elif method == "tools/list":
            result = {"tools": [{"name": "name", "inputSchema": {"type": "object"}}]}
        elif method == "tools/call":
            result = {"content": [{"type": "text", "text": NAME}]}
        else:
            result = None
        if "id" in request:
            answer = {"jsonrpc": "2.0", "id": request["id"], "result": result}
            if result is None:
                answer = {"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32601, "message": "no such method"}}
            print(json.dumps(answer), flush=True)
"""

folder, name, version, *requirements = sys.argv[1:]
module = name.replace("-", "_")
info = f"{module}-{version}.dist-info"
files = {
    f"{module}.py": f"NAME = {name!r}\n" + SERVER,
    f"{info}/METADATA": "".join(
        [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"]
        + [f"Requires-Dist: {requirement}\n" for requirement in requirements if not requirement.startswith("extra:")]
        + [
            f"Provides-Extra: {extra}\nRequires-Dist: {needed}; extra == '{extra}'\n"
            for _, extra, needed in (line.split(":") for line in requirements if line.startswith("extra:"))
        ]
    ),
    f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: heddle\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {module}:main\n",
}
record = ""
for path, text in files.items():
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    record += f"{path},sha256={digest},{len(text.encode())}\n"
files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
with zipfile.ZipFile(f"{folder}/{module}-{version}-py3-none-any.whl", "w") as wheel:
    for path, text in files.items():
        wheel.writestr(zipfile.ZipInfo(path), text)

import FoundationEssentials
import Glibc
import HeddleExtensions
import HeddleModel
import HeddleSandbox
import JSON
import Logging

/// The part of `heddle benchmark install` that repeats installations from PyPI and npm out of a warm store.
///
/// The packages are made here, so that no index is asked; each is compared with the tool itself, outside of Heddle, in the same run.
struct PackageBenchmark {
    private static let userID: UInt32 = 64_399

    private let folder: BenchmarkFolder
    private let count: (python: Int, node: Int)
    private let rounds: Int
    private let sandbox: Sandbox
    private let resolver: CommandResolver
    private let store: PackageStore
    private let environment: [String: String]
    private let logger: Logger

    /// Makes the packages in the folder.
    ///
    /// - Throws: ``HeddleError`` with `commandNotFound` without Python.
    init(folder: BenchmarkFolder, scale: Double) throws {
        self.folder = folder
        count = (max(2, Int(30 * min(1, scale))), max(2, Int(25 * min(1, scale))))
        rounds = scale < 1 ? 1 : 3
        logger = Logger(label: "benchmark") { _ in SwiftLogNoOpLogHandler() }
        sandbox = Sandbox(logger: logger)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        resolver = CommandResolver(searchPath: path, protectedPaths: [])
        store = PackageStore(root: folder.path + "/store", maximumBytes: 1 << 30)
        environment = [
            "PATH": path, "HOME": folder.path, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": folder.path + "/wheels",
        ]
        // The installers' users read what lies here.
        chmod(folder.path, 0o755)
        try Data(Self.generator.utf8).write(to: URL(filePath: folder.path + "/generate.py"))
        let words = ["/usr/bin/env", "python3", folder.path + "/generate.py", folder.path]
        guard try PlainProcess(words + ["\(count.python)", "\(count.node)"]).wait() == 0 else {
            throw HeddleError(.commandNotFound, "python3 does not make the packages")
        }
    }

    /// Measures both; each also tells its line to `report`.
    ///
    /// - Throws: ``HeddleError`` of the part that failed; without its tool a row says so.
    func run(report: (String) -> Void) async throws -> [JSONValue] {
        report("from a warm store           seconds    by itself     ratio")
        let findings = await InstallerTools(searchPath: environment["PATH"] ?? "").findings()
        var rows: [JSONValue] = []
        for isPython in [true, false] {
            let name = isPython ? "\(count.python) distributions, pip" : "\(count.node) packages, npm"
            let tools = isPython ? ["python"] : ["node", "npm"]
            guard !findings.contains(where: { tools.contains($0.name) && !$0.isAvailable }) else {
                report(LatencyRecord.padded(name, 24) + "  absent on this machine")
                rows.append(["name": .string(name), "absent": true])
                continue
            }
            let (seconds, plain) = try await isPython ? measurePython() : measureNode()
            report(
                LatencyRecord.padded(name, 24) + LatencyRecord.fixed(seconds, 3, 11) + LatencyRecord.fixed(plain, 3, 13)
                    + LatencyRecord.fixed(seconds / plain, 2, 10)
            )
            rows.append([
                "name": .string(name), "seconds": .number(LatencyRecord.fixed(seconds, 4, 0)),
                "plain_seconds": .number(LatencyRecord.fixed(plain, 4, 0)),
                "ratio": .number(LatencyRecord.fixed(seconds / plain, 3, 0)),
            ])
        }
        return rows
    }

    private func measurePython() async throws -> (seconds: Double, plain: Double) {
        let installer = PythonInstaller(
            sandbox: sandbox,
            resolver: resolver,
            environment: environment,
            store: store,
            logger: logger
        )
        func install(_ lock: String?) async throws -> String {
            let result = try await installer.install(
                requirement: "p0",
                module: nil,
                into: folder.path + "/packages/python",
                userID: Self.userID,
                allowBuild: false,
                lock: lock,
                progress: { _ in }
            )
            return result.lock
        }
        // The first one fills the store.
        let lock = try await install(nil)
        let path = folder.path
        try Data(lock.utf8).write(to: URL(filePath: path + "/requirements.lock"))
        try shell("python3 -m venv '\(path)/helper'")
        let script = """
            rm -rf '\(path)/plain' && python3 -m venv --without-pip '\(path)/plain' &&
            '\(path)/helper/bin/python' -m pip --python '\(path)/plain/bin/python' install -q --no-index --no-deps \
            --require-hashes --no-cache-dir --disable-pip-version-check --find-links '\(path)/wheels' \
            -r '\(path)/requirements.lock'
            """
        return try await median({ _ = try await install(lock) }, { try shell(script) })
    }

    private func measureNode() async throws -> (seconds: Double, plain: Double) {
        let installer = NodeInstaller(
            sandbox: sandbox,
            resolver: resolver,
            environment: environment,
            store: store,
            logger: logger
        )
        let path = folder.path
        try FileManager.default.createDirectory(atPath: path + "/view", withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: path + "/tarballs") {
            try store.keep("\(path)/tarballs/\(name)", in: path + "/view")
        }
        let lock = try String(decoding: Data(contentsOf: URL(filePath: path + "/package-lock.json")), as: UTF8.self)
        let script = """
            rm -rf '\(path)/plain-node/node_modules' '\(path)/plain-cache' && cd '\(path)/plain-node' &&
            npm ci --offline --ignore-scripts --no-audit --no-fund --silent --cache '\(path)/plain-cache' >/dev/null
            """
        return try await median(
            {
                _ = try await installer.install(
                    packages: ["p0"],
                    program: nil,
                    into: path + "/packages/node",
                    userID: Self.userID,
                    lock: lock,
                    progress: { _ in }
                )
            },
            { try shell(script) }
        )
    }

    /// The median seconds of both, taken in turns.
    private func median(
        _ ours: () async throws -> Void,
        _ theirs: () throws -> Void
    ) async throws -> (seconds: Double, plain: Double) {
        var (first, second): ([Double], [Double]) = ([], [])
        for _ in 0..<rounds {
            let start = MonotonicClock.now
            try await ours()
            let middle = MonotonicClock.now
            try theirs()
            first.append(Double(middle - start) / 1e9)
            second.append(Double(MonotonicClock.now - middle) / 1e9)
        }
        return (first.sorted()[rounds / 2], second.sorted()[rounds / 2])
    }

    private func shell(_ script: String) throws(HeddleError) {
        guard try PlainProcess(["/bin/sh", "-c", script]).wait() == 0 else {
            throw HeddleError(.installationFailed, "what Heddle is compared with failed")
        }
    }
}

extension PackageBenchmark {
    /// Writes wheels, tarballs and the locks of both, each package with twenty files of two kilobytes.
    private static let generator = #"""
        import base64, hashlib, io, json, os, sys, tarfile, zipfile

        root, python, node = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
        text = "# a line of some length that stands for a program\n" * 40
        for name in ("wheels", "tarballs", "plain-node"):
            os.makedirs(f"{root}/{name}", exist_ok=True)
        for index in range(python):
            info = f"p{index}-1.0.dist-info"
            needs = "".join(f"Requires-Dist: p{other}\n" for other in range(1, python)) if index == 0 else ""
            files = {f"p{index}/m{number}.py": text for number in range(20)}
            files[f"p{index}/__init__.py"] = "def main():\n    pass\n"
            files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: p{index}\nVersion: 1.0\n{needs}"
            files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            files[f"{info}/entry_points.txt"] = f"[console_scripts]\np{index} = p{index}:main\n"
            files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in files) + f"{info}/RECORD,,\n"
            with zipfile.ZipFile(f"{root}/wheels/p{index}-1.0-py3-none-any.whl", "w") as wheel:
                for path, content in files.items():
                    wheel.writestr(path, content)
        ours, plain = {}, {}
        for index in range(node):
            description = {"name": f"p{index}", "version": "1.0.0", "bin": "m0.js"}
            if index == 0:
                description["dependencies"] = {f"p{other}": "1.0.0" for other in range(1, node)}
            files = {f"m{number}.js": text.replace("#", "//") for number in range(20)}
            files["package.json"] = json.dumps(description)
            path = f"{root}/tarballs/p{index}-1.0.0.tgz"
            with tarfile.open(path, "w:gz") as archive:
                for name, content in files.items():
                    member = tarfile.TarInfo(f"package/{name}")
                    member.size = len(content)
                    archive.addfile(member, io.BytesIO(content.encode()))
            digest = base64.b64encode(hashlib.sha512(open(path, "rb").read()).digest()).decode()
            entry = {"version": "1.0.0", "integrity": f"sha512-{digest}", "bin": {f"p{index}": "m0.js"}}
            entry |= {"dependencies": description["dependencies"]} if index == 0 else {}
            place = f"node_modules/p{index}"
            ours[place] = {**entry, "resolved": f"https://registry.npmjs.org/p{index}/-/p{index}-1.0.0.tgz"}
            plain[place] = {**entry, "resolved": f"file:{path}"}
        project = {"name": "heddle-extension", "dependencies": {"p0": "1.0.0"}}
        for path, packages in (("package-lock.json", ours), ("plain-node/package-lock.json", plain)):
            lock = {"name": "heddle-extension", "lockfileVersion": 3, "requires": True}
            lock["packages"] = {"": project, **packages}
            json.dump(lock, open(f"{root}/{path}", "w"), indent=2)
        json.dump({**project, "private": True}, open(f"{root}/plain-node/package.json", "w"))
        """#
}

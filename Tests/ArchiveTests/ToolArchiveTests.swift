import Archive
import Foundation
import HeddleTestSupport
import Testing

@Suite("What a tool packs")
struct ToolArchiveTests {
    private static let contents: [(name: String, bytes: [UInt8], isExecutable: Bool)] = {
        var generator = SplitMix64(seed: 7)
        let noise = (0..<600_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let long = "top/" + Array(repeating: String(repeating: "long", count: 15), count: 4).joined(separator: "/")
        return [
            ("top/empty", [], false), ("top/run.sh", Array("#!/bin/sh\n".utf8), true),
            ("top/text", Array(String(repeating: "line\n", count: 100_000).utf8), false), ("top/noise", noise, false),
            ("top/é 😀 name", [1], false), (long + "/file", [2], true), ("top/.hidden/deep/er/file", [3], false),
        ]
    }()

    /// The tree that was packed, with its folders.
    private static let tree: [String: UnpackedFile] = {
        var tree: [String: UnpackedFile] = [:]
        for file in contents {
            tree[file.name] = .file(file.bytes, isExecutable: file.isExecutable)
            var names = file.name.split(separator: "/").dropLast()
            while !names.isEmpty {
                tree[names.joined(separator: "/")] = .folder
                names.removeLast()
            }
        }
        return tree
    }()

    /// Runs a shell line in a folder with the tree, and unpacks what it has made of it.
    private func check(_ tool: String, _ line: String, _ expected: [String: UnpackedFile] = tree) throws {
        guard Self.run("command -v \(tool)") else {
            guard ProcessInfo.processInfo.environment["CI"] != "true" else {
                Issue.record("there is no \(tool)")
                return
            }
            try Test.cancel("skipped: no \(tool)")
        }
        try ArchiveScratch.with { source in
            for file in Self.contents {
                let path = source.target + "/" + file.name
                let folder = URL(filePath: path).deletingLastPathComponent()
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                try Data(file.bytes).write(to: URL(filePath: path))
                let mode = file.isExecutable ? 0o755 : 0o644
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            }
            try #require(Self.run("cd \(source.target) && \(line)", archive: source.archive))
            let bytes = Array(try Data(contentsOf: URL(filePath: source.archive)))
            #expect(try ArchiveScratch.with { try $0.unpack(bytes) } == expected)
        }
    }

    private static func run(_ line: String, archive: String = "") -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", line]
        process.environment = ProcessInfo.processInfo.environment.merging(["A": archive, "LC_ALL": "C.UTF-8"]) { $1 }
        process.standardOutput = FileHandle.nullDevice
        do { try process.run() } catch { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    @Test(
        "is unpacked as it was: tar",
        arguments: [
            "--format=gnu", "--format=pax", "--format=posix", "-z", "-z --format=pax", "-z --format=gnu -b 1",
            "--format=pax --pax-option=globexthdr.name=g,comment=packed",
        ]
    )
    func tar(_ options: String) throws { try check("tar", "tar -c \(options) -f $A top") }

    @Test("is unpacked as it was: tar of a folder that is called a dot", arguments: ["gnu", "pax"])
    func tarOfDot(_ format: String) throws { try check("tar", "tar -c --format=\(format) -zf $A .") }

    @Test("is unpacked as it was: older tars without long names", arguments: ["ustar", "v7", "oldgnu"])
    func oldTar(_ format: String) throws {
        let line = "rm -r top/long* && tar -c --format=\(format) -f $A top"
        try check("tar", line, Self.tree.filter { !$0.key.hasPrefix("top/long") })
    }

    @Test("is unpacked as it was: Python's tarfile", arguments: ["USTAR", "GNU", "PAX"])
    func pythonTar(_ format: String) throws {
        let code = "import os, tarfile as t; t.open(os.environ['A'], 'w:gz', format=t.\(format)_FORMAT).add('top')"
        // The prefix of ustar holds 155 bytes only.
        let isShort = format == "USTAR"
        let line = (isShort ? "rm -r top/long* && " : "") + "python3 -c \"\(code)\""
        try check("python3", line, isShort ? Self.tree.filter { !$0.key.hasPrefix("top/long") } : Self.tree)
    }

    @Test("is unpacked as it was: python3 -m zipfile")
    func pythonZip() throws { try check("python3", "python3 -m zipfile -c $A top") }

    @Test(
        "is unpacked as it was: Python's zipfile with zip64 and through a pipe",
        arguments: ["ZIP_STORED", "ZIP_DEFLATED"],
        [false, true]
    )
    func pythonZip64(_ method: String, _ isPiped: Bool) throws {
        let code = """
            import os, shutil, sys, zipfile as z
            out = z.ZipFile(sys.stdout.buffer if \(isPiped ? 1 : 0) else os.environ['A'], 'w', z.\(method))
            for folder, _, names in os.walk('top'):
                for name in names:
                    path = os.path.join(folder, name)
                    with open(path, 'rb') as file, out.open(z.ZipInfo.from_file(path), 'w', force_zip64=True) as entry:
                        entry._compress_type = z.\(method)
                        shutil.copyfileobj(file, entry)
            out.close()
            """
        let target = isPiped ? " | cat > $A" : ""
        try check("python3", "cat > $A.py <<'END' && python3 $A.py\(target) && rm $A.py\n\(code)\nEND")
    }

    @Test("is unpacked as it was: zip", arguments: ["-r $A.zip", "-0r $A.zip", "-9rD $A.zip", "-rfz $A.zip", "-r -"])
    func zip(_ options: String) throws {
        let move = options.hasSuffix("-") ? " | cat > $A" : " && mv $A.zip $A"
        try check("zip", "zip -q \(options) top\(move)")
    }

    @Test("is unpacked as it was: git archive", arguments: ["tar", "tar.gz", "zip"])
    func git(_ format: String) throws {
        let identity = "-c user.name=n -c user.email=e"
        let commit = "git init -q . && git add . && git \(identity) commit -qm m"
        try check("git", "\(commit) && git archive --format=\(format) -o $A.\(format) HEAD && mv $A.\(format) $A")
    }
}

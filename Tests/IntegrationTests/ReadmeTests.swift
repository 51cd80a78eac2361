import FoundationEssentials
import Glibc
import HeddleTestSupport
import JSON
import Testing

extension WholeServer {
    /// A new user copies what the README says; this does the same.
    @Suite("What the README says", .serialized, .timeLimit(.minutes(10)))
    struct ReadmeTests {
        private let readme = readText(TestEnvironment.checkout + "/README.md")

        /// The lines of the first code block under a heading.
        private func block(under heading: String) throws -> [String] {
            let lines = readme.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let start = try #require(lines.firstIndex { $0.hasPrefix("#") && $0.hasSuffix(" \(heading)") })
            let section = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") && !$0.hasPrefix("###") }
            let block = section.drop { !$0.hasPrefix("```") }.dropFirst().prefix { !$0.hasPrefix("```") }
            try #require(!block.isEmpty)
            return Array(block)
        }

        /// What a new user has: `heddle` on the path, a home directory, and a folder with programs.
        private func prepare(_ server: ServerFixture) throws -> String {
            let folder = server.scratch.path + "/new-user"
            let share = folder + "/home/.local/share"
            for path in [share, folder + "/home/src", folder + "/folder", folder + "/bin"] {
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            }
            try FileManager.default.createSymbolicLink(atPath: share + "/heddle", withDestinationPath: server.data)
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/bin/heddle",
                withDestinationPath: ServerFixture.program
            )
            for name in ["my-server", "folder/run"] {
                try FileManager.default.copyItem(atPath: server.echo, toPath: "\(folder)/\(name)")
            }
            let manifest = #"{"name":"foldered","version":"1.0.0","runtime":{"kind":"mcp-stdio","command":["./run"]}}"#
            try server.scratch.write("new-user/folder/extension.json", manifest)
            let script = try String(
                decoding: Data(contentsOf: URL(filePath: TestEnvironment.checkout + "/Tests/Fixtures/server.js")),
                as: UTF8.self
            )
            let packed = #"{"name":"packed","version":"1.0.0","runtime":{"command":["node","server.js"]}}"#
            let description = #"{"name":"greeter","version":"1.4.2","bin":"server.js"}"#
            for (part, name, text) in [("npm", "package.json", description), ("archive", "extension.json", packed)] {
                try FileManager.default.createDirectory(
                    atPath: "\(folder)/\(part)/package",
                    withIntermediateDirectories: true
                )
                try server.scratch.write("new-user/\(part)/package/\(name)", text)
                try server.scratch.write("new-user/\(part)/package/server.js", script)
            }
            for (part, archive) in [("npm", "greeter-1.4.2.tgz"), ("archive", "packed.tar.gz")] {
                try #require(system("tar -C '\(folder)/\(part)' -czf '\(folder)/\(archive)' package") == 0)
            }
            let servers: JSONValue = ["mcpServers": ["Mine Too": ["command": .string(server.echo)]]]
            try server.scratch.write("new-user/claude_desktop_config.json", servers.text)
            try server.scratch.write("new-user/call.json", #"{"timezone":"UTC"}"#)
            try server.scratch.write("new-user/schema.json", #"{"required":["timezone"]}"#)
            return folder
        }

        /// Runs a line of a shell as that user.
        private func run(_ line: String, _ folder: String, _ server: ServerFixture) throws -> (Int32, String) {
            let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
            let line = line.replacing("http://127.0.0.1:7433", with: server.url)
            let child = try ChildProcess(
                ["/bin/bash", "-c", "cd \(folder)\n\(line)"],
                environment: [
                    "HOME": folder + "/home", "PATH": "\(folder)/bin:\(path)", "HEDDLE_SERVER": server.url,
                    "HEDDLE_DATA_DIR": server.data,
                ],
                output: "\(folder)/output-\(UUID().uuidString)"
            )
            guard let status = child.wait(seconds: 240) else {
                throw ChildProcess.Failure(description: "'\(line)' does not end")
            }
            return (status, child.text)
        }

        @Test("the commands of the quick start work as they are written, and so does REST")
        func quickStart() async throws {
            try await ServerFixture.with { server in
                let folder = try prepare(server)
                let lines = try block(under: "Command line")
                #expect(lines.count >= 8)
                for line in lines {
                    var (status, output) = try run(line, folder, server)
                    if line.contains("--read") {
                        #expect(status == 2 && output.contains("--yes"), "a grant needs consent: \(output)")
                        (status, output) = try run(line.replacing("--read", with: "--yes --read"), folder, server)
                    }
                    if status != 0, output.contains("could not be reached"), !TestEnvironment.isCI {
                        try Test.cancel("skipped: no package index")
                    }
                    #expect(status == 0, "\(line): \(output)")
                }
                let names = try server.request("GET", "/api/v1/extensions?limit=100").json["items"]?.array?
                    .compactMap { $0["name"]?.string }
                #expect(names == ["db", "foldered", "git", "greeter", "mine", "mine-too", "packed", "time"])

                let rest = try block(under: "REST").joined(separator: "\n")
                let (status, output) = try run(rest, folder, server)
                #expect(status == 0 && output.contains(#""execution_status":"completed""#), "\(output)")
                let shell = try run("heddle completions bash", folder, server)
                #expect(shell.0 == 0 && shell.1.contains("complete"))
            }
        }

        @Test("the commands of contexts work as they are written, and so does REST")
        func contexts() async throws {
            try await ServerFixture.with { server in
                let folder = try prepare(server)
                // One shell for all of them: the id is in a variable.
                for (heading, words) in [
                    (
                        "Contexts",
                        [#"{"title":"notes","done":true}"#, "the state has version 4", "0 created, 1 skipped"]
                    ),
                    (
                        "Contexts over REST",
                        [#""description":"the second one""#, #""agent_id":"ann""#, #""version":2"#]
                    ),
                ] {
                    let lines = try block(under: heading)
                    #expect(lines.count >= 8)
                    let (status, output) = try run("set -eo pipefail\n" + lines.joined(separator: "\n"), folder, server)
                    #expect(status == 0, "\(output)")
                    for word in words { #expect(output.contains(word), "\(heading): \(word) is not in \(output)") }
                    #expect(!output.contains(#""error""#), "\(output)")
                }
            }
        }

        @Test("the snippet for desktop clients is a bridge to the tools")
        func bridge() async throws {
            try await ServerFixture.with { server in
                try server.registerEcho()
                let folder = try prepare(server)
                let snippet = try JSONValue(parsing: Array(block(under: "MCP").joined().utf8))
                let entry = try #require(snippet["mcpServers"]?["heddle"])
                let words = [entry["command"]?.string ?? ""] + (entry["args"]?.array ?? []).compactMap(\.string)
                let greeting =
                    #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","#
                    + #""capabilities":{},"clientInfo":{"name":"t","version":"1"}}}"#
                let list = #"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#
                let ready = #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
                let lines = [greeting, ready, list].joined(separator: "\n")
                let (status, output) = try run(
                    "printf '%s\\n' '\(lines)' | \(words.joined(separator: " "))",
                    folder,
                    server
                )
                #expect(status == 0 && output.contains("echo__echo"), "\(output)")
            }
        }

        @Test("the commands of the configuration work as they are written")
        func configuration() async throws {
            try await ServerFixture.with { server in
                let folder = try prepare(server)
                let lines = try block(under: "Configuration")
                #expect(lines.count >= 5)
                for line in lines {
                    let (status, output) = try run(line, folder, server)
                    #expect(status == 0 && !output.isEmpty, "\(line): \(output)")
                }
                #expect(readText(folder + "/heddle.yaml") == "log:\n  level: debug\n")
                #expect(readText(server.data + "/audit.log").split(separator: "\n").count == 2)
            }
        }

        @Test("the reference of the configuration has every key and its default")
        func reference() async throws {
            try await ServerFixture.with { server in
                let folder = try prepare(server)
                let (status, output) = try run(
                    "unset HEDDLE_DATA_DIR; heddle config show --output json",
                    folder,
                    server
                )
                #expect(status == 0, "\(output)")
                let items = try JSONValue(parsing: Array(output.utf8))["items"]?.array ?? []
                let reference = readText(TestEnvironment.checkout + "/docs/configuration.md")
                for item in items {
                    let (key, value) = (item["key"]?.string ?? "", item["value"]?.string ?? "")
                    let row = try #require(
                        reference.split(separator: "\n").first { $0.hasPrefix("| `\(key)` |") },
                        "\(key)"
                    )
                    let cells = row.split(separator: "|").map { $0.filter { $0 != "`" && $0 != " " } }
                    #expect(item["source"] != "default" || key == "data.directory" || cells[2] == value, "\(row)")
                }
                let rows = reference.split(separator: "\n")
                    .count { $0.contains("| yes |") || $0.contains("| restart |") }
                #expect(rows == items.count)
            }
        }

        @Test("make demo shows real work through three doors")
        func demo() async throws {
            let python = TestEnvironment.clientPython
            if python == nil, !TestEnvironment.isCI {
                try Test.cancel("skipped: no Python with the official MCP client")
            }
            try await ScratchDirectory.with { scratch in
                let child = try ChildProcess(
                    ["/bin/bash", TestEnvironment.checkout + "/scripts/demo"],
                    environment: ["DEMO_PROGRAM": ServerFixture.program],
                    output: scratch.path + "/demo.out"
                )
                let status = child.wait(seconds: 400)
                #expect(status == 0, "\(child.text.suffix(3000))")
                // The time of day in Tokyo and a commit, at each of the three doors.
                for door in ["5. The command line", "6. curl", "7. The official Python MCP client"] {
                    let section = child.text.components(separatedBy: "\n== ").first { $0.hasPrefix(door) } ?? ""
                    #expect(section.contains("+09:00") && section.contains("Commit:"), "\(child.text)")
                }
                #expect(child.text.contains("\n== Done"))
            }
        }
    }
}

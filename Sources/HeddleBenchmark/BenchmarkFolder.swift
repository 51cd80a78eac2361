import FoundationEssentials
import Glibc
import HeddleModel
import JSON

/// A folder of one benchmark, with extensions to register, that goes when the benchmark ends.
final class BenchmarkFolder {
    let path: String
    /// The echo extension beside the given executable.
    let echo: String

    /// Makes the folder.
    ///
    /// - Parameters:
    ///   - executable: The program that the echo extension is beside.
    ///   - needsEcho: Whether anything calls that extension.
    /// - Throws: ``HeddleError`` with `commandNotFound` when the echo extension is called and was not built.
    init(executable: String, needsEcho: Bool = true) throws {
        echo = "/" + executable.split(separator: "/").dropLast().joined(separator: "/") + "/heddle-echo"
        guard !needsEcho || access(echo, X_OK) == 0 else {
            throw HeddleError(.commandNotFound, "heddle-echo is not beside heddle; build it first")
        }
        path = "/tmp/heddle-benchmark-\(UUID().uuidString.lowercased())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Makes an empty folder inside; its path.
    ///
    /// - Throws: when it cannot be made.
    func makeDirectory(_ name: String) throws -> String {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
        return "\(path)/\(name)"
    }

    /// Writes the folder of an extension; its path.
    ///
    /// - Throws: when it cannot be written.
    func writeExtension(
        _ name: String,
        in parent: String = "extensions",
        adding more: [JSONObject.Member] = []
    ) throws -> String {
        let folder = "\(path)/\(parent)/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var manifest = JSONObject(members: [
            .init(name: "name", value: .string(name)), .init(name: "version", value: "1.0.0"),
            .init(name: "runtime", value: ["command": [.string(echo)]]),
        ])
        for member in more { manifest[member.name] = member.value }
        try Data(JSONValue.object(manifest).bytes).write(to: URL(filePath: folder + "/extension.json"))
        return folder
    }

    /// The request that registers a folder.
    static func registration(_ folder: String, activate: Bool) -> (path: String, body: String) {
        let body: JSONValue = [
            "source": ["kind": "directory", "path": .string(folder)], "activate": .bool(activate),
        ]
        return ("/api/v1/extensions", body.text)
    }
}

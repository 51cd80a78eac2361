import FoundationEssentials

/// A folder for one test that is gone after it.
package struct ScratchDirectory: Sendable {
    package let path: String

    /// Runs a test with a folder of its own.
    ///
    /// - Throws: what the test throws, or what making the folder throws.
    package static func with<Value>(_ body: (ScratchDirectory) async throws -> Value) async throws -> Value {
        let path = "/tmp/heddle-test-\(UUID().uuidString.lowercased())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let directory = ScratchDirectory(path: path)
        do {
            let value = try await body(directory)
            directory.remove()
            return value
        } catch {
            directory.remove()
            throw error
        }
    }

    private func remove() {
        // A folder that cannot be removed is the machine's to clean, not the test's to fail on.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file into the folder.
    ///
    /// - Throws: what the file system throws.
    package func write(_ name: String, _ text: String, executable: Bool = false) throws {
        let file = path + "/" + name
        let parent = "/" + file.split(separator: "/").dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: file))
        if executable {
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        }
    }
}

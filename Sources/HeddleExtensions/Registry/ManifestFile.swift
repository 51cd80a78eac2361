import Glibc
import HeddleModel
import JSON

/// The manifest in an extension's folder: `extension.json`, `extension.yaml` or `extension.yml`, or that of an MCP bundle.
enum ManifestFile {
    static let names = ["extension.json", "extension.yaml", "extension.yml"]
    /// What the manifest of an MCP bundle is named; many other files are, too.
    private static let bundleName = "manifest.json"
    private static let maximumBytes = 1 << 20

    /// Reads the manifest of a folder.
    ///
    /// - Throws: ``HeddleError`` with `invalidManifest` when there is none, it is too large or breaks a rule, or
    ///   `malformedJSON`.
    static func read(directory: String) throws(HeddleError) -> Manifest {
        for name in names {
            guard let bytes = try contents("\(directory)/\(name)") else { continue }
            if name.hasSuffix("json") { return try Manifest(parsing: bytes) }
            return try Manifest(parsing: YAMLText.value(bytes, code: .invalidManifest).bytes)
        }
        if let bytes = try contents("\(directory)/\(bundleName)"), (try? JSONDocument(bytes).root["server"]) != nil {
            return try BundleManifest.manifest(parsing: bytes, directory: directory)
        }
        throw HeddleError(.invalidManifest, "the folder has no \(names.joined(separator: ", no "))")
    }

    private static func contents(_ path: String) throws(HeddleError) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            guard errno == ENOENT || errno == ENOTDIR else {
                throw HeddleError(.pathNotReadable, "the manifest cannot be read", details: ["path": path])
            }
            return nil
        }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while bytes.count <= maximumBytes {
            let count = Glibc.read(file, &chunk, chunk.count)
            guard count >= 0 else {
                throw HeddleError(.pathNotReadable, "the manifest cannot be read", details: ["path": path])
            }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
        throw HeddleError(.invalidManifest, "the manifest is larger than \(maximumBytes) bytes")
    }
}

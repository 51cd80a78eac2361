import Foundation
import Testing

/// A file or folder that lies in the folder afterwards.
struct UnpackedFile: Hashable {
    var mode: UInt16
    var isFolder: Bool
    var bytes: [UInt8] = []

    /// A file with the mode that unpacking gives it.
    static func file(_ text: String, isExecutable: Bool = false) -> Self {
        file(Array(text.utf8), isExecutable: isExecutable)
    }

    static func file(_ bytes: [UInt8], isExecutable: Bool = false) -> Self {
        Self(mode: isExecutable ? 0o755 : 0o644, isFolder: false, bytes: bytes)
    }

    static let folder = Self(mode: 0o755, isFolder: true)

    /// Everything below a folder by its path.
    static func tree(_ folder: String) throws -> [String: UnpackedFile] {
        var tree: [String: UnpackedFile] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
            let full = folder + "/" + path
            let attributes = try FileManager.default.attributesOfItem(atPath: full)
            let isFolder = attributes[.type] as? FileAttributeType == .typeDirectory
            #expect(isFolder || attributes[.type] as? FileAttributeType == .typeRegular)
            tree[path] = UnpackedFile(
                mode: (attributes[.posixPermissions] as? NSNumber)?.uint16Value ?? 0,
                isFolder: isFolder,
                bytes: isFolder ? [] : Array(try Data(contentsOf: URL(filePath: full)))
            )
        }
        return tree
    }
}

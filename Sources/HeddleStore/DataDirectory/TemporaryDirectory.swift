import Foundation
import HeddleModel

/// A directory for one test.
struct TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "heddle-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: url,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        path = url.path(percentEncoded: false)
    }

    func remove() {
        // Gone already is as good.
        try? FileManager.default.removeItem(atPath: path)
    }
}

import Glibc
package import HeddleModel

/// Looks for extensions in a folder of the host.
package enum ManifestDiscovery {
    /// A folder with a manifest.
    package struct Found: Sendable {
        package let folder: String
        /// The manifest, or what is wrong with it.
        package let manifest: Result<Manifest, HeddleError>
    }

    /// What a search found.
    package struct Outcome: Sendable {
        package var found: [Found] = []
        /// Whether there was more than anybody wants to look at.
        package var isCut = false
    }

    private static let deepest = 6
    private static let mostFolders = 20_000
    private static let mostFound = 2_000

    /// Finds every folder with a manifest in a folder and below it.
    ///
    /// An extension's own folder is not looked into further, and neither are hidden folders, symbolic links and folders of
    /// package tools.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable` when there is no such folder.
    package static func search(_ folder: String) throws(HeddleError) -> Outcome {
        guard folder.hasPrefix("/"), !folder.utf8.contains(0), HostFile.isFolder(folder) else {
            throw HeddleError(.pathNotReadable, "there is no such folder", details: ["path": folder.clipped(256)])
        }
        var outcome = Outcome()
        var pending = [(path: HostPath.normalised(folder), depth: 0)]
        var visited = 0
        while let (path, depth) = pending.popLast() {
            visited += 1
            guard visited <= mostFolders, outcome.found.count < mostFound else {
                outcome.isCut = true
                break
            }
            let names = HostFile.names(in: path)
            if names.contains(where: ManifestFile.names.contains) {
                outcome.found.append(Found(folder: path, manifest: read(path)))
                continue
            }
            guard depth < deepest else { continue }
            for name in names where !name.hasPrefix(".") && name != "node_modules" && name != "__pycache__" {
                let inner = path == "/" ? "/\(name)" : "\(path)/\(name)"
                guard HostFile(inner, followingLinks: false)?.kind == .folder else { continue }
                pending.append((inner, depth + 1))
            }
        }
        outcome.found.sort { $0.folder < $1.folder }
        return outcome
    }

    private static func read(_ folder: String) -> Result<Manifest, HeddleError> {
        do throws(HeddleError) {
            return .success(try ManifestFile.read(directory: folder))
        } catch {
            return .failure(error)
        }
    }
}

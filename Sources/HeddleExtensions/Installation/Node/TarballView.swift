import Glibc
import HeddleModel

/// The folder with the tarballs that one installation needs, which npm may read and not change, and the cache that leads to them.
///
/// npm looks in its cache for the hash that the lock names before it asks anybody, so that the lock stays as npm wrote it.
struct TarballView: Sendable {
    /// Where npm keeps the content of what it fetched by SHA-512, below its cache.
    private static let contentPath = ["_cacache", "content-v2", "sha512"]

    let folder: String
    let store: PackageStore

    /// Puts in what the store has.
    ///
    /// - Returns: The tarballs that are missing.
    func link(_ tarballs: [NodeLock.Tarball]) -> [NodeLock.Tarball] {
        var seen: Set<PackageDigest> = []
        // The same package may lie at several places, and be optional at some of them only.
        return tarballs.sorted { !$0.isOptional && $1.isOptional }
            .filter { tarball in
                guard seen.insert(tarball.digest).inserted else { return false }
                return store.link(tarball.digest, into: folder, as: Self.name(tarball.digest)) == nil
            }
    }

    /// Takes what npm fetched into the store and the view, each checked against the lock.
    ///
    /// - Parameters:
    ///   - tarballs: What was asked for.
    ///   - root: A folder of the server's own.
    ///   - names: The folders below it that lead to npm's cache; none of them may be a link.
    /// - Throws: ``HeddleError`` with `integrityFailed` that names what is missing or another file, or what the store throws.
    func collect(_ tarballs: [NodeLock.Tarball], below root: String, in names: [String]) throws(HeddleError) {
        defer { store.trim() }
        for tarball in tarballs {
            let place = Self.place(tarball.digest)
            let content = StrangerFolder(names + Self.contentPath + place.dropLast(), below: root)
            guard let file = content?.open(place[2]) else {
                if tarball.isOptional { continue }
                throw HeddleError(
                    .integrityFailed,
                    "npm did not fetch the file that the lock names for '\(tarball.place.clipped(200))'",
                    details: ["package": tarball.place.clipped(200), "expected": tarball.digest.hex]
                )
            }
            defer { close(file) }
            let name = Self.name(tarball.digest)
            do {
                try store.add(file, named: name, .sha512, expecting: tarball.digest, into: folder)
            } catch  where error.code == .integrityFailed {
                throw HeddleError(
                    .integrityFailed,
                    "what npm fetched for '\(tarball.place.clipped(200))' is not what the lock names",
                    details: error.details
                )
            }
        }
    }

    /// Makes a cache for npm in which everything of the view is found.
    func makeCache(_ cache: String) -> Bool {
        InstallationTree.makeFolder(cache)
            && HostFile.names(in: folder).compactMap { PackageDigest(.sha512, hex: String($0.dropLast(4))) }
                .allSatisfy { digest in
                    let place = Self.place(digest)
                    let parent = ([cache] + Self.contentPath + place.dropLast()).joined(separator: "/")
                    return InstallationTree.makeFolder(parent)
                        && symlink("\(folder)/\(Self.name(digest))", "\(parent)/\(place[2])") == 0
                }
    }

    private static func name(_ digest: PackageDigest) -> String { digest.hex + ".tgz" }

    private static func place(_ digest: PackageDigest) -> [String] {
        [String(digest.hex.prefix(2)), String(digest.hex.dropFirst(2).prefix(2)), String(digest.hex.dropFirst(4))]
    }
}

import Crypto
import Glibc
import HeddleModel
import HeddleSecurity
import NIOPosix

/// Files that were fetched or handed in, each kept once under the hash of its content and never changed.
package struct ArtifactStore: Sendable {
    /// A file in the store.
    package struct Artifact: Sendable {
        /// SHA-256 in lower-case hexadecimal.
        package let digest: String
        package let path: String
        /// Whether it was not there before.
        var isNew: Bool
    }

    private static let mostBytes = 1 << 30
    private static let landingPrefix = ".download-"
    /// What the signature of a file is named like, behind the file's own name.
    static let signatureEndings = [".minisig", ".sig"]
    private static let mostSignatureBytes = 64 << 10
    /// A download that was interrupted is gone on with for as long.
    private static let patience = Duration.seconds(7 * 86_400)

    private let root: String

    /// - Parameter root: The folder of the store, which it makes.
    package init(root: String) {
        self.root = root
    }

    /// The file with a hash, if it is there.
    func artifact(_ digest: String) -> Artifact? {
        let path = path(digest.lowercased())
        guard let file = HostFile(path, followingLinks: false), file.kind == .regular else { return nil }
        return Artifact(digest: digest.lowercased(), path: path, isNew: false)
    }

    /// Removes a file that was put in for a plan that came to nothing.
    func remove(_ artifact: Artifact) {
        for ending in [""] + Self.signatureEndings { unlink(artifact.path + ending) }
    }

    /// Where a file is fetched to, the same one each time for what it comes from.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed` when the store cannot be made.
    func landing(for source: String) throws(HeddleError) -> String {
        guard InstallationTree.makeFolder(root, mode: 0o700) else { throw Self.failure("cannot be kept") }
        return "\(root)/\(Self.landingPrefix)\(SHA256.hash(data: Array(source.utf8)).hexadecimal)"
    }

    /// Takes a file that was fetched to ``landing(for:)``.
    ///
    /// - Throws: ``HeddleError`` with `installationFailed`.
    func adopt(_ fetched: String, digest: String) throws(HeddleError) -> Artifact {
        let path = path(digest)
        for ending in Self.signatureEndings { unlink(path + ending) }
        let isNew = !HostFile.isRegular(path)
        guard chmod(fetched, 0o644) == 0, rename(fetched, path) == 0, InstallationTree.sync(path) else {
            throw Self.failure("cannot be kept")
        }
        return Artifact(digest: digest, path: path, isNew: isNew)
    }

    /// Copies a file of the host into the store, and the signature beside it.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`, `integrityFailed` when its hash is another than the expected one,
    ///   `installationFailed` when it is too large or cannot be kept, or `storageFull`.
    package func add(file path: String, expecting digest: String?) async throws -> Artifact {
        try await NIOThreadPool.singleton.runIfActive { try copy(path, expecting: digest?.lowercased()) }
    }

    private func copy(_ source: String, expecting expected: String?) throws(HeddleError) -> Artifact {
        let file = open(source, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw Self.unreadable(source) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw Self.unreadable(source) }
        guard InstallationTree.makeFolder(root, mode: 0o700) else { throw Self.failure("cannot be made") }
        let temporary = "\(root)/.\(InstanceID().rawValue)"
        let target = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard target >= 0 else { throw Self.failure("cannot be written") }
        defer {
            close(target)
            // Gone already when all went well.
            unlink(temporary)
        }
        let digest = try HashedCopy(mostBytes: Self.mostBytes, failure: Self.failure)
            .digest(of: file, to: target, .sha256)
        if let expected, expected != digest {
            throw HeddleError(
                .integrityFailed,
                "the file's SHA-256 is \(digest), not \(expected)",
                details: ["expected": expected, "actual": digest]
            )
        }
        let path = self.path(digest)
        let isNew = !HostFile.isRegular(path)
        guard fsync(target) == 0, rename(temporary, path) == 0, InstallationTree.sync(path) else {
            throw Self.failure("cannot be written")
        }
        for ending in Self.signatureEndings {
            unlink(path + ending)
            guard HostFile(source + ending) != nil else { continue }
            // One that is there and cannot be read is not the same as none.
            guard let signature = HostFile.read(source + ending, upTo: Self.mostSignatureBytes) else {
                throw Self.unreadable(source + ending)
            }
            guard InstallationTree.write(signature, to: path + ending) else { throw Self.failure("cannot be written") }
        }
        return Artifact(digest: digest, path: path, isNew: isNew)
    }

    private func path(_ digest: String) -> String { "\(root)/sha256-\(digest)" }

    /// Removes what no extension names: an installation of it failed, or the extension was removed.
    ///
    /// What came less than an age ago may belong to a registration under way, and stays.
    package func sweep(keeping digests: Set<String>, olderThan age: Duration = .zero) {
        let kept = Set(digests.map { "sha256-\($0)" })
        for name in HostFile.names(in: root) {
            let ending = Self.signatureEndings.first(where: name.hasSuffix) ?? ""
            guard !kept.contains(String(name.dropLast(ending.count))) else { continue }
            let least = name.hasPrefix(Self.landingPrefix) ? Self.patience : age
            if least == .zero || HostFile.age(of: "\(root)/\(name)") > least { unlink("\(root)/\(name)") }
        }
    }

    private static func failure(_ what: String) -> HeddleError {
        HeddleError(.installationFailed, "the archive \(what)")
    }

    private static func unreadable(_ path: String) -> HeddleError {
        HeddleError(.pathNotReadable, "the archive is not a file that can be read", details: ["path": path])
    }
}

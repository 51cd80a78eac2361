import Glibc
package import HeddleModel

/// Packages of indexes, each kept once under its hash and shared by all extensions.
///
/// An entry is a folder named by the hash, with the one file under its real name in it. It is made beside the others and renamed,
/// so that it is there with all it has or not at all. The folder of the store is the server's alone: an extension never sees it,
/// only a view of what it is being installed from.
package struct PackageStore: Sendable {
    private static let mostBytes = 4 << 30
    private static let longestName = 255
    /// What the names of entries that are being made or removed begin with.
    private static let unfinished = "."

    private let root: String
    private let maximumBytes: Int

    /// Makes a store.
    ///
    /// - Parameters:
    ///   - root: Its folder, which it makes when something is put in.
    ///   - maximumBytes: What ``trim()`` leaves at most.
    package init(root: String, maximumBytes: Int) {
        self.root = root
        self.maximumBytes = maximumBytes
    }

    /// Puts the file with a hash into a view, under a name or the one that it came with.
    ///
    /// It is hashed again: what the disk changed is removed, and fetched another time.
    /// - Returns: The name in the view; nil when the store has no such file.
    func link(_ digest: PackageDigest, into view: String, as name: String? = nil) -> String? {
        let entry = "\(root)/\(digest.name)"
        guard let stored = HostFile.names(in: entry).first else { return nil }
        let target = "\(view)/\(name ?? stored)"
        guard Self.link("\(entry)/\(stored)", to: target) else { return nil }
        guard Self.digest(of: target, digest.algorithm) == digest.hex else {
            unlink(target)
            remove(entry)
            return nil
        }
        // The time of the folder is when it was last of use.
        utimensat(AT_FDCWD, entry, nil, 0)
        return name ?? stored
    }

    /// Copies an open file into the store and into a view.
    ///
    /// - Returns: Its hash.
    /// - Throws: ``HeddleError`` with `integrityFailed` when its hash is another than the expected one, `installationFailed` when it
    ///   is too large or cannot be kept, or `storageFull`; nothing is left then.
    @discardableResult
    func add(
        _ file: Int32,
        named name: String,
        _ algorithm: PackageDigest.Algorithm,
        expecting expected: PackageDigest?,
        into view: String
    ) throws(HeddleError) -> PackageDigest {
        func failure(_ what: String) -> HeddleError {
            HashedCopy.isDiskFull
                ? HashedCopy.storageFull : HeddleError(.installationFailed, "the package '\(name)' \(what)")
        }
        guard !name.isEmpty, !name.hasPrefix("."), !name.contains("/"), name.utf8.count <= Self.longestName else {
            throw HeddleError(.integrityFailed, "'\(name.clipped(100))' is no name of a package")
        }
        errno = 0
        let temporary = "\(root)/\(Self.unfinished)new-\(InstanceID().rawValue)"
        guard InstallationTree.makeFolder(root, mode: 0o700), mkdir(temporary, 0o700) == 0 else {
            throw failure("cannot be kept")
        }
        // Gone already when all went well.
        defer { InstallationTree.remove(temporary) }
        let path = "\(temporary)/\(name)"
        let target = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw failure("cannot be kept") }
        defer { close(target) }
        let copy = HashedCopy(mostBytes: Self.mostBytes) {
            HeddleError(.installationFailed, "the package '\(name)' \($0)")
        }
        let hex = try copy.digest(of: file, to: target, algorithm)
        guard let digest = PackageDigest(algorithm, hex: hex), expected.map({ $0 == digest }) ?? true else {
            throw HeddleError(
                .integrityFailed,
                "the package '\(name)' is not the one that its index or lock names",
                details: ["package": name, "expected": expected?.hex ?? "", "actual": hex]
            )
        }
        errno = 0
        // Before others can remove it again to make room.
        guard fchmod(target, 0o444) == 0, fsync(target) == 0, Self.link(path, to: "\(view)/\(name)") else {
            throw failure("cannot be kept")
        }
        try keep(temporary, as: digest, failure)
        return digest
    }

    /// Copies a file of the host into the store under its SHA-512, and into a view.
    ///
    /// - Throws: ``HeddleError`` with `pathNotReadable`, or what ``add(_:named:_:expecting:into:)`` throws.
    package func keep(_ path: String, in view: String) throws(HeddleError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw HeddleError(.pathNotReadable, "'\(HostPath.name(path))' cannot be read") }
        defer { close(file) }
        try add(file, named: HostPath.name(path), .sha512, expecting: nil, into: view)
    }

    private func keep(
        _ temporary: String,
        as digest: PackageDigest,
        _ failure: (String) -> HeddleError
    ) throws(HeddleError) {
        guard InstallationTree.syncFolder(temporary) else { throw failure("cannot be kept") }
        if rename(temporary, "\(root)/\(digest.name)") == 0 {
            guard InstallationTree.syncFolder(root) else { throw failure("cannot be kept") }
        } else if errno != EEXIST, errno != ENOTEMPTY {
            // Another installation may have put the same file in.
            throw failure("cannot be kept")
        }
    }

    /// Removes what was of no use for longest, until the rest is within the bound.
    ///
    /// An installation under way keeps its files: its view has names of its own for them.
    func trim() {
        let entries = HostFile.names(in: root).filter { !$0.hasPrefix(Self.unfinished) }
            .map { (path: "\(root)/\($0)", used: HostFile("\(root)/\($0)", followingLinks: false)?.changed ?? 0) }
            .sorted { $0.used > $1.used }
        var total = 0
        for entry in entries {
            let bytes = HostFile.names(in: entry.path)
                .reduce(0) { $0 + (HostFile("\(entry.path)/\($1)", followingLinks: false)?.bytes ?? 0) }
            // One that has no room of its own does not push the others out.
            if bytes <= maximumBytes { total += bytes }
            if bytes > maximumBytes || total > maximumBytes { remove(entry.path) }
        }
    }

    /// Removes what a crash left half made, unless it is younger than an age and may be under way.
    func sweep(olderThan age: Duration = .zero) {
        for name in HostFile.names(in: root) where name.hasPrefix(Self.unfinished) {
            let path = "\(root)/\(name)"
            if age == .zero || HostFile.age(of: path) > age { InstallationTree.remove(path) }
        }
    }

    private func remove(_ entry: String) {
        let gone = "\(root)/\(Self.unfinished)gone-\(InstanceID().rawValue)"
        if rename(entry, gone) == 0 { InstallationTree.remove(gone) }
    }

    /// A second name for a file, or a copy where there cannot be one.
    private static func link(_ path: String, to target: String) -> Bool {
        if linkat(AT_FDCWD, path, AT_FDCWD, target, 0) == 0 { return true }
        guard [EXDEV, EMLINK, EPERM, EOPNOTSUPP].contains(errno) else { return false }
        let source = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard source >= 0 else { return false }
        defer { close(source) }
        let copy = open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o444)
        guard copy >= 0 else { return false }
        defer { close(copy) }
        let hashed = HashedCopy(mostBytes: mostBytes) { HeddleError(.installationFailed, $0) }
        guard (try? hashed.digest(of: source, to: copy, .sha256)) != nil else {
            unlink(target)
            return false
        }
        return true
    }

    private static func digest(of path: String, _ algorithm: PackageDigest.Algorithm) -> String? {
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let copy = HashedCopy(mostBytes: mostBytes) { HeddleError(.installationFailed, $0) }
        return try? copy.digest(of: file, to: nil, algorithm)
    }
}

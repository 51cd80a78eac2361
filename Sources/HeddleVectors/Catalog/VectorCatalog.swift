import Foundation
import Glibc
package import HeddleModel
import Synchronization

/// The collections of one folder, opened when they are first asked for.
package final class VectorCatalog: Sendable {
    private struct State {
        var open: [String: VectorCollection] = [:]
        var caches: [String: QueryCache] = [:]
    }

    private let root: String
    private let options: VectorCollection.Options
    private let lock: Int32
    private let state = Mutex(State())

    /// The collections of a folder, which is made when it is missing and locked for as long as this object lives.
    ///
    /// - Throws: ``HeddleError`` with `.dataDirectoryLocked` when another process has it, `.internalError` when it
    ///   cannot be used.
    package init(root: String, options: VectorCollection.Options = .init()) throws(HeddleError) {
        self.root = root
        self.options = options
        guard mkdir(root, 0o700) == 0 || errno == EEXIST else { throw FileAccess.failure("mkdir", root, errno) }
        lock = Glibc.open("\(root)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard lock >= 0 else { throw FileAccess.failure("open", root, errno) }
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(lock)
            throw HeddleError(.dataDirectoryLocked, "another process has the vectors open")
        }
        // What a crash left of collections that were being made or dropped.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        where name.hasSuffix(".new") || name.hasPrefix(".dropped") {
            VectorCollection.removeFolder("\(root)/\(name)")
        }
    }

    deinit {
        Glibc.close(lock)
    }

    /// The names of all collections, in order.
    package var names: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return names.filter { access("\(root)/\($0)/\(CollectionManifest.name)", F_OK) == 0 }.sorted()
    }

    /// Makes a collection.
    ///
    /// - Parameters:
    ///   - name: 1 to 64 letters, digits, `_`, `-` or `.`, beginning with a letter or digit.
    ///   - settings: What it is made with.
    /// - Returns: The collection.
    /// - Throws: ``HeddleError`` with `.invalidRequest`, `.collectionExists`, `.storageFull`.
    @discardableResult
    package func create(_ name: String, _ settings: VectorSettings) throws(HeddleError) -> VectorCollection {
        let folder = try folder(name)
        return try state.withLock { state throws(HeddleError) in
            let collection = try VectorCollection.create(folder: folder, settings: settings, options: options)
            state.open[name] = collection
            return collection
        }
    }

    /// A collection by its name.
    ///
    /// - Throws: ``HeddleError`` with `.collectionNotFound`, `.collectionDamaged`.
    package func collection(_ name: String) throws(HeddleError) -> VectorCollection {
        let folder = try folder(name)
        return try state.withLock { state throws(HeddleError) in
            if let collection = state.open[name] { return collection }
            let collection = try VectorCollection.open(folder: folder, options: options)
            state.open[name] = collection
            return collection
        }
    }

    /// A collection that is open already; nothing when it has to be opened, which waits for the disk.
    package func openCollection(_ name: String) -> VectorCollection? { state.withLock { $0.open[name] } }

    /// Where a snapshot of that name goes, beside the collections.
    ///
    /// - Throws: ``HeddleError`` with `.invalidRequest` for a name that no collection could have.
    package func snapshotFolder(_ name: String) throws(HeddleError) -> String {
        _ = try folder(name)
        let parent = "\(root)/.snapshots"
        guard mkdir(parent, 0o700) == 0 || errno == EEXIST else { throw FileAccess.failure("mkdir", parent, errno) }
        return "\(parent)/\(name)"
    }

    /// The answers that are kept for a collection.
    package func cache(_ name: String) -> QueryCache {
        state.withLock { state in
            if let cache = state.caches[name] { return cache }
            let cache = QueryCache()
            state.caches[name] = cache
            return cache
        }
    }

    /// Removes a collection with all its files; searches and writes that are under way end with `.collectionNotFound`.
    ///
    /// - Parameter name: The collection's.
    /// - Throws: ``HeddleError`` with `.collectionNotFound`.
    package func drop(_ name: String) throws(HeddleError) {
        let folder = try folder(name)
        let gone = "\(root)/.dropped-\(UUID().uuidString)"
        let collection = try state.withLock { state throws(HeddleError) in
            guard access("\(folder)/\(CollectionManifest.name)", F_OK) == 0 else {
                throw HeddleError(.collectionNotFound, "there is no such collection", details: ["name": name])
            }
            guard rename(folder, gone) == 0 else { throw FileAccess.failure("rename", folder, errno) }
            state.caches[name] = nil
            return state.open.removeValue(forKey: name)
        }
        try options.files.sync(directory: root)
        collection?.close()
        VectorCollection.removeFolder(gone)
    }

    /// Makes a collection from a snapshot, which stays as it is.
    ///
    /// - Parameters:
    ///   - snapshot: The folder that a snapshot was written to.
    ///   - name: What the collection is called.
    /// - Returns: The collection.
    /// - Throws: ``HeddleError`` with `.collectionExists`, `.collectionNotFound` when the folder has no snapshot.
    package func restore(_ snapshot: String, as name: String) throws(HeddleError) -> VectorCollection {
        let folder = try folder(name)
        _ = try CollectionManifest(folder: snapshot)
        guard access(folder, F_OK) != 0 else {
            throw HeddleError(.collectionExists, "there is a collection of that name already", details: ["name": name])
        }
        do {
            let draft = folder + ".new"
            VectorCollection.removeFolder(draft)
            try FileManager.default.copyItem(atPath: snapshot, toPath: draft)
            try options.files.rename(draft, folder)
            try options.files.sync(directory: root)
        } catch {
            throw error as? HeddleError
                ?? HeddleError(.internalError, "the snapshot could not be copied", cause: error)
        }
        return try collection(name)
    }

    /// Closes all collections.
    package func close() {
        let all = state.withLock { state in
            defer { state.open = [:] }
            return Array(state.open.values)
        }
        for collection in all { collection.close() }
    }

    private func folder(_ name: String) throws(HeddleError) -> String {
        let isLetter: (UInt8) -> Bool = { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        let rest = name.utf8.dropFirst()
        let marks = [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ".")]
        guard name.utf8.count <= 64, let first = name.utf8.first, isLetter(first), name != "lock",
            rest.allSatisfy({ isLetter($0) || marks.contains($0) }), !name.hasSuffix(".new")
        else {
            throw HeddleError(
                .invalidRequest,
                "the name of a collection has 1 to 64 letters, digits, _, - or ., and begins with a letter or digit",
                details: ["field": "name"]
            )
        }
        return "\(root)/\(name)"
    }
}

import Glibc
package import HeddleModel
import Synchronization

/// The collections of all tenants, each with a folder of its own that is made when it is first needed.
package final class VectorService: Sendable {
    private let root: String
    private let options: VectorCollection.Options
    private let catalogs = Mutex<[String: VectorCatalog]>([:])

    /// The collections below a folder.
    package init(root: String, options: VectorCollection.Options = .init()) {
        self.root = root
        self.options = options
    }

    /// The collections of a caller's tenant.
    ///
    /// - Throws: ``HeddleError`` with `.dataDirectoryLocked` when another process has them, `.internalError`.
    package func catalog(_ caller: Caller) throws(HeddleError) -> VectorCatalog {
        // Hexadecimal where it is more than letters and digits: a tenant's name is no path.
        let name = caller.tenant.rawValue
        let isPlain = name.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) }
        let folder = isPlain ? name : "x-" + name.utf8.map { String($0, radix: 16) }.joined(separator: "-")
        return try catalogs.withLock { catalogs throws(HeddleError) in
            if let catalog = catalogs[folder] { return catalog }
            guard mkdir(root, 0o700) == 0 || errno == EEXIST else { throw FileAccess.failure("mkdir", root, errno) }
            let catalog = try VectorCatalog(root: "\(root)/\(folder)", options: options)
            catalogs[folder] = catalog
            return catalog
        }
    }

    /// Does something that waits for the disk on a thread of its own.
    ///
    /// - Parameters:
    ///   - caller: Whose collections they are.
    ///   - body: What is done with them.
    /// - Returns: What the body returns.
    /// - Throws: ``HeddleError`` of the body.
    package func perform<Value: Sendable>(
        _ caller: Caller,
        _ body: @escaping @Sendable (VectorCatalog) throws -> Value
    ) async throws -> Value {
        let catalog = try catalog(caller)
        return try await withCheckedThrowingContinuation { continuation in
            let thread = VectorThread.start { continuation.resume(with: Result { try body(catalog) }) }
            guard let thread else {
                let error = HeddleError(.overloaded, "there are no threads left to work on collections")
                return continuation.resume(throwing: error)
            }
            pthread_detach(thread)
        }
    }

    /// Closes all collections; what was acknowledged is on the disk already.
    package func close() {
        let all = catalogs.withLock { catalogs in
            defer { catalogs = [:] }
            return Array(catalogs.values)
        }
        for catalog in all { catalog.close() }
    }
}

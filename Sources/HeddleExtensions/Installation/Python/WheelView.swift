import Glibc
import HeddleModel

/// The folder with the wheels that one installation needs, which pip may read and not change.
struct WheelView: Sendable {
    let folder: String
    let store: PackageStore

    /// Puts in what the store has.
    ///
    /// - Returns: The wheels that are missing.
    func link(_ wheels: [PythonWheel]) -> [PythonWheel] {
        wheels.filter { wheel in
            guard let digest = wheel.digest, let name = store.link(digest, into: folder, as: wheel.file?.file) else {
                return true
            }
            // Who fetched it first may have had another name for it, with which pip would not find it.
            guard WheelName(name)?.distribution == wheel.distribution else {
                unlink("\(folder)/\(name)")
                return true
            }
            return false
        }
    }

    /// Takes what pip fetched into the store and the view, each checked against what it has to be.
    ///
    /// - Parameters:
    ///   - wheels: What was asked for.
    ///   - root: A folder of the server's own.
    ///   - names: The folders below it that lead to what pip fetched; none of them may be a link.
    /// - Returns: The wheels with their hashes.
    /// - Throws: ``HeddleError`` with `integrityFailed` that names what is missing or another file, or what the store throws.
    func collect(_ wheels: [PythonWheel], below root: String, in names: [String]) throws(HeddleError) -> [PythonWheel] {
        defer { store.trim() }
        guard let fetched = StrangerFolder(names, below: root) else {
            throw HeddleError(.integrityFailed, "pip left no folder of wheels")
        }
        let files = fetched.names.compactMap { WheelName($0) }
        var result: [PythonWheel] = []
        for var wheel in wheels {
            let candidates = files.filter { $0.distribution == wheel.distribution }
            guard let name = candidates.first, candidates.count == 1 else {
                throw HeddleError(.integrityFailed, "pip did not fetch one wheel of '\(wheel.distribution)'")
            }
            guard let file = fetched.open(name.file) else {
                throw HeddleError(
                    .integrityFailed,
                    "what pip fetched as '\(name.file)' is not a regular file",
                    details: ["package": name.file]
                )
            }
            defer { close(file) }
            wheel.digest = try store.add(file, named: name.file, .sha256, expecting: wheel.digest, into: folder)
            wheel.file = name
            result.append(wheel)
        }
        return result
    }
}

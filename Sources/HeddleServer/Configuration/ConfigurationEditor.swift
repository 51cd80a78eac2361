import Glibc
package import HeddleModel
import JSON

/// Changes one setting in a configuration file.
///
/// The file has the old text or the new one at any moment, keeps its mode and owner, and only ever gets a text that a
/// server could start with. Several changes at once come one after the other.
package struct ConfigurationEditor: Sendable {
    /// What a change did.
    package struct Outcome: Sendable {
        /// The change in the file, which shows no secret.
        package let change: AuditRecord.Change
        /// Whether the file says something else than before.
        package let isChanged: Bool
        /// What the setting is for a server that starts here: the environment may win over the file.
        package let effective: ServerConfiguration.Entry?
        /// The configuration that was checked.
        package let configuration: ServerConfiguration
    }

    /// How often the lock is tried, 10 ms apart.
    private static let attempts = 1000
    private let layers: ConfigurationLayers
    private let path: String

    /// Prepares to change a file, which need not exist.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when the layers have no file, or `invalidConfiguration` when
    ///   it is a link that leads nowhere.
    package init(_ layers: ConfigurationLayers) throws(HeddleError) {
        guard let file = layers.file else {
            throw HeddleError(
                .invalidRequest,
                "there is no configuration file to change; name one with --config or HEDDLE_CONFIG"
            )
        }
        // What a link leads to is changed, so that the link stays.
        path = try Self.target(of: file)
        self.layers = ConfigurationLayers(file: path, environment: layers.environment, flags: layers.flags)
    }

    /// Sets an option, or takes it out of the file when the text is nil.
    ///
    /// - Throws: ``HeddleError`` with `invalidConfiguration` when the file or what it would become is wrong,
    ///   `permissionDenied`, `storageFull`, or `deadlineExceeded` when another program holds the folder's lock.
    package func set(_ option: ConfigurationOption, _ text: String?) throws(HeddleError) -> Outcome {
        let folder = try lockFolder()
        defer { close(folder) }
        let file = ConfigurationFile(path: path)
        let isNew = access(path, F_OK) != 0
        let before: [UInt8]
        let old: JSONValue
        do throws(HeddleError) {
            before = isNew ? Array((file.isJSON ? "{}\n" : "").utf8) : try file.bytes()
            old = try file.value(before)
        } catch {
            throw HeddleError(error.code, "the configuration file '\(path)' \(error.message)", details: error.details)
        }
        let value = text.map(option.value)
        let code = HeddleError.Code.invalidConfiguration
        let after =
            try file.isJSON
            ? JSONEdit.setting(option.path, to: value, in: before, code: code)
            : YAMLEdit.setting(option.path, to: value, in: before, code: code)
        let configuration = try ServerConfiguration.load(layers, contents: after)
        if after != before { try replace(with: after, in: folder) }
        let was = old.value(at: option.path).flatMap { $0 == .null ? nil : option.text($0) }
        return Outcome(
            change: AuditRecord.Change(
                option,
                from: was ?? "",
                to: text.map { option.text(option.value($0)) } ?? "",
                .saved
            ),
            isChanged: after != before,
            effective: configuration.entries.first { $0.key == option.key },
            configuration: configuration
        )
    }

    private static func target(of path: String) throws(HeddleError) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        var status = stat()
        guard lstat(path, &status) != 0 else {
            throw HeddleError(.invalidConfiguration, "the configuration file '\(path)' is a link that leads nowhere")
        }
        return path
    }

    private var folder: String {
        let parent = path.split(separator: "/").dropLast().joined(separator: "/")
        return "/" + parent
    }

    /// The folder, locked: the file itself is another one after each change.
    private func lockFolder() throws(HeddleError) -> Int32 {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("its folder cannot be opened") }
        for _ in 0..<Self.attempts {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
            usleep(10_000)
        }
        close(descriptor)
        throw HeddleError(.deadlineExceeded, "another program holds the lock of the folder of '\(path)'")
    }

    private func replace(with bytes: [UInt8], in folder: Int32) throws(HeddleError) {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let draft = "\(self.folder)/.\(name).\(UInt64.random(in: 0 ... .max)).new"
        do throws(HeddleError) {
            try write(bytes, to: draft)
            guard rename(draft, path) == 0 else { throw failure("it cannot be replaced") }
        } catch {
            unlink(draft)
            throw error
        }
        guard fsync(folder) == 0 else { throw failure("its folder cannot be brought to the disk") }
    }

    private func write(_ bytes: [UInt8], to draft: String) throws(HeddleError) {
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("its folder cannot be written") }
        defer { close(descriptor) }
        var status = stat()
        if stat(path, &status) == 0 {
            var own = stat()
            guard fstat(descriptor, &own) == 0 else { throw failure("it cannot be written") }
            let isOurs = own.st_uid == status.st_uid && own.st_gid == status.st_gid
            guard isOurs || fchown(descriptor, status.st_uid, status.st_gid) == 0 else {
                throw failure("it belongs to another user")
            }
            guard fchmod(descriptor, status.st_mode & 0o7777) == 0 else { throw failure("its mode cannot be kept") }
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure("it cannot be written") }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw failure("it cannot be brought to the disk") }
    }

    private func failure(_ sentence: String) -> HeddleError {
        let number = errno
        let code: HeddleError.Code =
            switch number {
            case ENOSPC, EDQUOT: .storageFull
            case ENOENT, ENOTDIR: .pathNotReadable
            case EACCES, EPERM, EROFS: .permissionDenied
            default: .internalError
            }
        let reason = String(cString: strerror(number))
        return HeddleError(code, "the configuration file '\(path)' is not changed: \(sentence): \(reason)")
    }
}

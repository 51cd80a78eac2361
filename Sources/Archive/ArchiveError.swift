import Glibc

/// Why an archive was refused or could not be unpacked.
package struct ArchiveError: Error, Sendable, Hashable {
    /// The rule that was broken, or what failed.
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        /// The bytes are no tar, no gzip around one and no zip.
        case notAnArchive
        /// The bytes end too early.
        case truncated
        /// A checksum or a field is wrong.
        case damaged
        /// A name leads out of the folder or cannot be written everywhere.
        case unsafePath
        /// Two entries want the same path, or one wants a folder where another wants a file.
        case duplicatePath
        /// An entry is neither a regular file nor a folder.
        case unsupportedEntry
        /// An entry can be read with a password only.
        case encrypted
        /// An entry is compressed with something else than deflate.
        case unsupportedCompression
        /// There are more files and folders than the limit.
        case tooManyEntries
        /// A size is above its limit.
        case tooLarge
        /// The archive unpacks to more than belongs to its size.
        case suspiciousRatio
        /// Two places of the archive contradict each other, so that two readers would see different files.
        case inconsistent
        /// The archive could not be read.
        case readFailed
        /// A file or folder could not be written.
        case writeFailed
        /// The storage or the quota is used up.
        case storageFull
    }

    /// Which rule.
    package let reason: Reason
    /// The name of the entry as it can be shown, at most 200 bytes of it; nil when the archive as a whole is meant.
    package let entry: String?
    /// One sentence for people that starts lower-case and names the entry and the rule.
    package let message: String

    /// An error whose sentence starts with the entry or the archive and goes on with the predicate.
    init(_ reason: Reason, entry name: [UInt8]? = nil, _ predicate: String) {
        self.reason = reason
        entry = name.map(ShownName.text)
        message = entry.map { "the entry \"\($0)\" \(predicate)" } ?? "the archive \(predicate)"
    }

    /// What the system says of a write.
    init(writing name: [UInt8]?, errno code: Int32) {
        switch code {
        case ENOSPC, EDQUOT:
            self.init(.storageFull, entry: name, "does not fit on the storage any more")
        case EFBIG:
            self.init(.tooLarge, entry: name, "is larger than a file may be here")
        default:
            self.init(.writeFailed, entry: name, "cannot be written: \(String(cString: strerror(code)))")
        }
    }
}

extension ArchiveError: CustomStringConvertible {
    package var description: String { message }
}

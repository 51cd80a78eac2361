/// How much an archive may ask for; what goes beyond is refused and nothing of it stays.
package struct ArchiveLimits: Sendable, Hashable {
    /// Bytes of the archive itself.
    package var packedBytes = 1 << 30
    /// Bytes of all files together, and of all that a compressed stream holds.
    package var unpackedBytes = 2 << 30
    /// Bytes of one file.
    package var entryBytes = 1 << 30
    /// Files and folders, also the folders that are named only by what lies in them.
    package var entries = 100_000
    /// Bytes of one path as it is written.
    package var pathBytes = 1024
    /// Bytes of one name in a path.
    package var nameBytes = 255
    /// Names in one path; an open descriptor belongs to each.
    package var depth = 64
    /// Unpacked bytes for each packed one, compared at every step.
    package var ratio = 200
    /// Unpacked bytes up to which nobody asks for the ratio.
    package var ratioFreeBytes = 16 << 20

    /// The limits for archives of people whom nobody knows.
    package init() {}
}

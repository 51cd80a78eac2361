import CSeccomp
import Glibc

/// An anonymous file that hands bytes to a child without a path or an argument.
enum MemoryFile {
    /// Makes a file with these bytes that is read from its start.
    static func make(_ bytes: some Collection<UInt8>) throws(SystemCallError) -> Descriptor {
        let file = try Descriptor(checking: heddle_memory_file(), "memfd_create")
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file.raw, $0.baseAddress, $0.count) }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw SystemCallError("write")
            }
            rest = rest.dropFirst(count)
        }
        guard lseek(file.raw, 0, SEEK_SET) == 0 else { throw SystemCallError("lseek") }
        return file
    }

    /// Makes a file with this text.
    static func make(_ text: String) throws(SystemCallError) -> Descriptor {
        try make(text.utf8)
    }
}

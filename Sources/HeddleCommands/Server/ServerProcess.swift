import Glibc
import HeddleClient

/// A server's process, seen from outside.
struct ServerProcess {
    let id: Int

    /// This program's own file; by its real name, so that the process is called `heddle`.
    static var executable: String {
        let link = "/proc/self/exe"
        guard let path = realpath(link, nil) else { return link }
        defer { free(path) }
        return String(cString: path)
    }

    /// Whether it still runs; one that waits to be collected by its parent does not.
    var isAlive: Bool {
        guard let bytes = try? FileBytes.read("/proc/\(id)/stat", limit: 4096) else { return false }
        let text = String(decoding: bytes, as: UTF8.self)
        // The name stands in parentheses and may hold any character; the state follows it.
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { return false }
        let isOurs = text[open..<close].dropFirst() == "heddle"
        let state = text[close...].dropFirst(2).first
        return isOurs && state != "Z" && state != "X"
    }
}

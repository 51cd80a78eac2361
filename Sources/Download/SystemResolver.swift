import Glibc
import NIOPosix

/// The resolver of the system.
package struct SystemResolver: HostResolver {
    package init() {}

    package func addresses(of host: String) async throws -> [IPAddress] {
        // The call cannot be interrupted, so a task that is cancelled leaves it behind.
        let (results, continuation) = AsyncThrowingStream.makeStream(of: [IPAddress].self)
        NIOThreadPool.singleton.submit { state in
            guard case .active = state else {
                continuation.finish(throwing: DownloadError(.hostNotFound, "the process is about to end"))
                return
            }
            do {
                continuation.yield(try Self.lookUp(host))
                continuation.finish()
            } catch {
                continuation.finish(throwing: error)
            }
        }
        for try await result in results { return result }
        throw CancellationError()
    }

    /// - Throws: ``DownloadError/Code/hostNotFound``, or an ``Interruption`` when it may work later.
    private static func lookUp(_ host: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        let failure = DownloadError(.hostNotFound, "\(host) has no address that could be found")
        guard status != EAI_AGAIN else { throw Interruption(error: failure) }
        guard status == 0 else { throw failure }
        var found: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let raw = UnsafeRawPointer(entry.ai_addr) else { continue }
            switch entry.ai_family {
            case AF_INET: found.append(IPAddress(raw.loadUnaligned(as: sockaddr_in.self).sin_addr))
            case AF_INET6: found.append(IPAddress(raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr))
            default: break
            }
        }
        return found
    }
}

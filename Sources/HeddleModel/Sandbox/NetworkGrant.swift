/// What part of the network a sandboxed process may reach.
package enum NetworkGrant: Sendable, Hashable {
    /// Nothing at all, not even the host's loopback.
    case none
    /// Any public address; never loopback, private, link-local or metadata addresses.
    case publicInternet
    /// The named hosts and ports and nothing else.
    case hosts([HostPort])

    /// One host, by name or address, and one TCP port.
    package struct HostPort: Sendable, Hashable {
        package let host: String
        package let port: UInt16

        package init(host: String, port: UInt16) {
            self.host = host
            self.port = port
        }
    }
}

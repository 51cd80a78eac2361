/// Which addresses may be connected to: public ones, and what the operator names.
package struct AddressRules: Sendable {
    private let exceptions: Set<Endpoint>

    /// Public addresses only.
    package init() { exceptions = [] }

    /// Public addresses, and each `host:port` whatever its address.
    ///
    /// An exception holds for the host as it is written and for that port, also after a redirect.
    ///
    /// - Throws: ``DownloadError/Code/invalidSetting`` when one is not written as `host:port`.
    package init(allowing exceptions: [String]) throws(DownloadError) {
        var read: Set<Endpoint> = []
        for text in exceptions {
            guard let endpoint = try? Endpoint(text[...], port: nil) else {
                throw DownloadError(.invalidSetting, "'\(text.prefix(100))' is not written as host:port")
            }
            read.insert(endpoint)
        }
        self.exceptions = read
    }

    /// Refuses a host that is written as an address, or is a name of this machine.
    ///
    /// That is all that can be known when a proxy resolves names.
    ///
    /// - Throws: ``DownloadError/Code/addressRefused``.
    func check(_ endpoint: Endpoint) throws(DownloadError) {
        guard !exceptions.contains(endpoint) else { return }
        if let address = endpoint.address { try check(address, of: endpoint) }
        guard endpoint.host == "localhost" || endpoint.host.hasSuffix(".localhost") else { return }
        throw refusal(endpoint, "is this machine")
    }

    /// Refuses an address of a host.
    ///
    /// - Throws: ``DownloadError/Code/addressRefused``.
    func check(_ address: IPAddress, of endpoint: Endpoint) throws(DownloadError) {
        guard let kind = SpecialNetworks.kind(of: address), !exceptions.contains(endpoint) else { return }
        let verb = endpoint.address == nil ? "leads to \(address), which is" : "is"
        throw refusal(endpoint, "\(verb) no public address but \(kind)")
    }

    private func refusal(_ endpoint: Endpoint, _ predicate: String) -> DownloadError {
        DownloadError(.addressRefused, "\(endpoint.host) \(predicate); \(endpoint) would have to be allowed by name")
    }
}

package import HeddleModel

/// The rewriting that lets `--net` of `ext add` stand alone or before several hosts.
///
/// ArgumentParser has no option that takes any number of values, zero included, without also taking the words that follow.
package enum NetworkArguments {
    /// What `--net` stands for when it stands alone.
    package static let publicInternet = "public"

    /// `--net a:1 b:2` becomes `--net=a:1 --net=b:2`, and `--net` alone becomes `--net=public`.
    package static func rewritten(_ arguments: [String]) -> [String] {
        guard ["add", "import"].contains(where: { arguments.starts(with: ["ext", $0]) }) else { return arguments }
        var result: [String] = []
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" { return result + [argument] + rest }
            guard argument == "--net" else {
                result.append(argument)
                continue
            }
            var hasHosts = false
            while let next = rest.first, isHosts(next) {
                rest.removeFirst()
                result.append("--net=\(next)")
                hasHosts = true
            }
            if !hasHosts { result.append("--net=\(publicInternet)") }
        }
        return result
    }

    private static func isHosts(_ text: String) -> Bool {
        text == publicInternet || text.split(separator: ",").contains { NetworkGrant.HostPort(String($0)) != nil }
    }

    /// What the values of `--net` grant.
    ///
    /// - Throws: ``HeddleError`` with `invalidRequest` when a value is no `host:port`.
    package static func grant(_ values: [String]) throws(HeddleError) -> NetworkGrant {
        var hosts: [NetworkGrant.HostPort] = []
        for value in values.flatMap({ $0.split(separator: ",") }) {
            if value == publicInternet { return .publicInternet }
            guard let host = NetworkGrant.HostPort(String(value)) else {
                throw HeddleError(.invalidRequest, "'\(value)' is not host:port, such as api.example.org:443")
            }
            hosts.append(host)
        }
        return hosts.isEmpty ? .none : .hosts(hosts)
    }
}

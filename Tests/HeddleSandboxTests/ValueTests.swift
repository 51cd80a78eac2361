import Glibc
import HeddleModel
import Testing

@testable import HeddleSandbox

@Suite("Values of the sandbox")
struct ValueTests {
    @Test(
        "normalize paths by their text",
        arguments: [("/", "/"), ("//a//b/", "/a/b"), ("/a/./b/../c", "/a/c"), ("/../a", "/a")]
    )
    func normalized(_ path: String, _ expected: String) {
        #expect(HostPath.normalized(path) == expected)
    }

    @Test("list the directories above a path")
    func ancestors() {
        #expect(HostPath.ancestors("/a/b/c") == ["/a", "/a/b"])
        #expect(HostPath.ancestors("/a").isEmpty)
        #expect(HostPath.isInside("/a/b", "/a"))
        #expect(!HostPath.isInside("/ab", "/a"))
    }

    @Test("follow links until they go in circles")
    func circles() async throws {
        try await Fixture.with(Mode.available[0]) { fixture in
            symlink("b", fixture.scratch + "/a")
            symlink("a", fixture.scratch + "/b")
            #expect(throws: SystemCallError.self) { try HostPath(following: fixture.scratch + "/a") }
        }
    }

    @Test("keep variables that steer the loader from bwrap")
    func environment() throws {
        let environment = try ProcessEnvironment([
            "A": "1", "LD_PRELOAD": "/data/evil.so", "GLIBC_TUNABLES": "x", "GCONV_PATH": "/data", "TOKEN": "t",
        ])
        #expect(environment.early == ["A=1", "TOKEN=t"])
        #expect(environment.late == ["GCONV_PATH=/data", "GLIBC_TUNABLES=x", "LD_PRELOAD=/data/evil.so"])
        for name in ["", "A=B", "A\0B"] {
            #expect(throws: HeddleError.self) { try ProcessEnvironment([name: "x"]) }
        }
    }

    @Test("filter what is not public and nothing of the documentation networks")
    func rules() throws {
        let own = ["192.0.2.2", "10.1.2.3", "127.0.0.1", "100.64.0.1"].compactMap(IPv4Address.init)
        let text = try #require(PacketFilter.rules(.publicInternet, addresses: .none, ownAddresses: own))
        #expect(text.contains("198.18.0.0/15, 224.0.0.0/3, 192.0.2.2 }"))
        for network in ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"] {
            #expect(text.contains(network))
        }
        #expect(!text.contains("192.0.2.0/24"))
        #expect(!text.contains("203.0.113"))
        #expect(PacketFilter.rules(.none, addresses: .none, ownAddresses: []) == nil)
    }

    @Test("refuse the loopback as a granted host, and take a private address that is named")
    func addresses() throws {
        func resolve(_ host: String) throws -> GrantedAddresses {
            try GrantedAddresses.resolve(.hosts([.init(host: host, port: 80)]))
        }
        for host in ["127.0.0.1", "localhost", "0.0.0.0", "255.255.255.255"] {
            let error = #expect(throws: HeddleError.self) { try resolve(host) }
            #expect(error?.code == .grantRefused, "\(host)")
        }
        #expect(try resolve("10.1.2.3").endpoints.map(\.address.description) == ["10.1.2.3"])
        #expect(try resolve("10.1.2.3").hostsLines.isEmpty)
        let error = #expect(throws: HeddleError.self) { try resolve("no-such-name.invalid") }
        #expect(error?.code == .startFailed)
    }

    @Test("name the package of a missing tool")
    func tools() {
        let error = #expect(throws: HeddleError.self) { try Tools(directories: ["/nowhere"]).require("nft") }
        #expect(error?.code == .sandboxUnavailable)
        #expect(error?.details["package"] == "nftables")
    }

    @Test("find the process in bwrap's report")
    func report() {
        #expect(InfoReader.childProcessID(in: #"{ "child-pid": 4242, "net-namespace": 40265 }"#) == 4242)
        #expect(InfoReader.childProcessID(in: "{ }") == nil)
    }
}

import Glibc
import HeddleModel
import Testing

@testable import HeddleExtensions

@Suite("Wheels that pip fetched")
struct WheelViewTests {
    private let tree: FileTree
    private let view: WheelView

    init() throws {
        tree = try FileTree()
        tree.folder("/view")
        tree.folder("/work/home/wheels")
        view = WheelView(folder: tree["view"], store: PackageStore(root: tree["store"], maximumBytes: 1 << 20))
    }

    private func collect(_ wheels: [PythonWheel], in names: [String] = ["home", "wheels"]) throws -> [PythonWheel] {
        try view.collect(wheels, below: tree["work"], in: names)
    }

    private static let wheel = PythonWheel(distribution: "some-app", version: "1.0")
    private static let file = "some_app-1.0-py3-none-any.whl"
    private static let place = "work/home/wheels/" + file

    @Test("are hashed, kept, and found again by what the lock says")
    func collected() throws {
        try tree.file(Self.place, "a wheel")
        let found = try collect([Self.wheel])
        #expect(found.first?.file?.file == Self.file && found.first?.digest != nil)
        let lock = try #require(PythonLock(PythonLock(found).text))
        let other = WheelView(folder: tree["other"], store: view.store)
        tree.folder("/other")
        #expect(other.link(lock.wheels).isEmpty)
        #expect(HostFile.names(in: tree["other"]) == [Self.file])
        // The same file is not another distribution.
        var wrong = lock.wheels[0]
        wrong = PythonWheel(distribution: "other-app", version: "1.0", digest: wrong.digest)
        tree.folder("/third")
        #expect(WheelView(folder: tree["third"], store: view.store).link([wrong]) == [wrong])
        #expect(HostFile.names(in: tree["third"]).isEmpty)
    }

    @Test("are refused by name when they are another file, a link, a pipe, a folder, twice or not there")
    func refused() throws {
        try tree.file("secret", "a secret")
        let digest = PackageDigest(.sha256, hex: String(repeating: "0", count: 64))
        let cases: [(String, PackageDigest?, () throws -> Void)] = [
            ("another file", digest, { try tree.file(Self.place, "something else") }),
            ("a link", nil, { try tree.link(Self.place, to: tree["secret"]) }),
            ("a pipe", nil, { #expect(mkfifo(tree[Self.place], 0o644) == 0) }),
            ("a folder", nil, { tree.folder("/" + Self.place) }),
            ("nothing", nil, {}),
            (
                "two",
                nil,
                {
                    try tree.file(Self.place, "one")
                    try tree.file("work/home/wheels/some.app-1.0-py2-none-any.whl", "two")
                }
            ),
        ]
        for (what, digest, make) in cases {
            FileTree.remove(tree["work/home/wheels"])
            tree.folder("/work/home/wheels")
            try make()
            var wheel = Self.wheel
            wheel.digest = digest
            let error = #expect(throws: HeddleError.self, "\(what)") { _ = try collect([wheel]) }
            #expect(error?.code == .integrityFailed, "\(what): \(String(describing: error))")
            let message = error?.message ?? ""
            #expect(message.contains("some_app") || message.contains("some-app"), "\(what): \(message)")
            #expect(HostFile.names(in: tree["store"]).isEmpty && HostFile.names(in: tree["view"]).isEmpty, "\(what)")
        }
    }

    @Test("are not looked for behind a link")
    func linkedFolder() throws {
        try tree.file("elsewhere/" + Self.file, "a wheel")
        FileTree.remove(tree["work/home/wheels"])
        try tree.link("work/home/wheels", to: tree["elsewhere"])
        for names in [["home", "wheels"], ["home", "missing"]] {
            let error = #expect(throws: HeddleError.self) { _ = try collect([Self.wheel], in: names) }
            #expect(error?.code == .integrityFailed)
        }
    }

    @Test("have names that are nothing but wheels in their folder")
    func names() throws {
        for (name, distribution) in [
            ("a-1-py3-none-any.whl", "a"), ("Some.App-1.0-1x-py3-none-any.whl", "some-app"),
            ("torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl", "torch"),
            ("x-1!2.0-cp311-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "x"),
        ] {
            #expect(WheelName(name)?.distribution == distribution, "\(name)")
        }
        for name in [
            "", ".whl", "a.whl", "a-1-py3-none.whl", "a-1-x-py3-none-any.whl", "a-1-py3-none-any.tar.gz",
            "../a-1-py3-none-any.whl", "a/b-1-py3-none-any.whl", "-1-py3-none-any.whl", "a--py3-none-any.whl",
            ".a-1-py3-none-any.whl", "a-1-py3-none-any\n.whl", "a-1-py3-none-an y.whl", "ä-1-py3-none-any.whl",
            "a-1-py3-none-any.whl\u{0}", "_-1-py3-none-any.whl",
            String(repeating: "a", count: 255) + "-1-py3-none-any.whl",
        ] {
            #expect(WheelName(name) == nil, "\(name)")
        }
        for (url, file) in [
            ("https://x/a%2Bb/t-1%2Bcpu-py3-none-any.whl#sha256=1", "t-1+cpu-py3-none-any.whl"),
            ("file:///opt/wheels/a-1-py3-none-any.whl", "a-1-py3-none-any.whl"),
            ("https://x/%2e%2e%2fa-1-py3-none-any.whl", nil), ("https://x/a-1-py3-none-any.whl%", nil),
            ("https://x/a-1-py3-none-any.whl%00", nil), ("https://x/a-1-py3-none-any.whl/", nil), ("", nil),
            ("https://x/%+1a-1-py3-none-any.whl", nil),
        ] as [(String, String?)] {
            #expect(WheelName(url: url)?.file == file, "\(url)")
        }
    }

    private static func report(_ entries: [(name: String, url: String, isDirect: Bool)]) throws -> PipReport {
        let lines = entries.map { name, url, isDirect in
            #"{"download_info":{"url":"\#(url)","archive_info":{}},"is_direct":\#(isDirect),"#
                + #""metadata":{"name":"\#(name)","version":"1"}}"#
        }
        return try #require(PipReport(Array(#"{"install":[\#(lines.joined(separator: ","))]}"#.utf8)))
    }

    @Test("are what a report names: no archive of sources, no other distribution's file, and not ten thousand")
    func reports() throws {
        let url = "https://x/a-1-py3-none-any.whl"
        #expect(try Self.report([("A", url, false)]).wheels().map(\.requirement) == ["a==1\n"])
        #expect(try Self.report([("A", url, true)]).wheels().map(\.requirement) == ["a @ \(url)\n"])
        for (entries, word) in [
            ([("a", "https://x/a-1.tar.gz", false)], "'a'"), ([("b", url, false)], "'b'"), ([("a", "", false)], "'a'"),
            ([("a", "https://x/y --index-url z/a-1-py3-none-any.whl", true)], "'a'"),
            ([("a", url, false), ("A", url, false)], "'A'"),
            (
                (0..<10_000).map { ("p\($0)", "https://x/p\($0)-1-py3-none-any.whl", false) }, "10000 distributions"
            ),
        ] as [([(String, String, Bool)], String)] {
            let error = #expect(throws: HeddleError.self) {
                _ = try Self.report(entries.map { (name: $0.0, url: $0.1, isDirect: $0.2) }).wheels()
            }
            #expect(error?.code == .installationFailed && error?.message.contains(word) == true, "\(word)")
        }
        let hash = String(repeating: "0", count: 64)
        let many = (0..<10_000).map { "p\($0)==1 --hash=sha256:\(hash)\n" }.joined()
        #expect(PythonLock(many) == nil)
        for line in [
            "a==1 --hash=sha512:\(hash)\(hash)", "a==1 --hash=md5:\(hash)", "a==1 --hash=sha256:\(hash)0",
            "a==1 --hash=sha256:\(hash)\nA==1 --hash=sha256:\(hash)",
        ] {
            #expect(PythonLock(line) == nil, "\(line)")
        }
    }
}

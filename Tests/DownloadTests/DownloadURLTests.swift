import Testing

@testable import Download

@Suite("URLs that may be fetched")
struct DownloadURLTests {
    @Test(
        "are read in one way only",
        arguments: [
            ("http://example.com", "http://example.com/"),
            ("HTTPS://Example.COM.:443/a/../b?q=1#part", "https://example.com/b?q=1"),
            ("http://example.com:/", "http://example.com/"),
            ("http://example.com:80?q", "http://example.com/?q"),
            ("http://example.com:8080/a b/é|%41%zz", "http://example.com:8080/a%20b/%C3%A9%7C%41%25zz"),
            ("http://example.com/a/./b/..", "http://example.com/a/"),
            ("http://example.com/../../x", "http://example.com/x"),
            ("http://example.com//a//b", "http://example.com//a//b"),
            ("http://[2606:4700:0:0::1]:81/", "http://[2606:4700::1]:81/"),
            (
                "https://my_host-1.example/?u=http://user@elsewhere/",
                "https://my_host-1.example/?u=http://user@elsewhere/"
            ),
            ("http://example.com/\\evil", "http://example.com/%5Cevil"),
        ]
    )
    func read(_ text: String, _ expected: String) throws {
        #expect(try DownloadURL(text).description == expected)
        #expect(try DownloadURL(expected).description == expected)
    }

    @Test(
        "are no others",
        arguments: [
            "", "example.com/file", "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/",
            "unix:///socket",
            "http+unix://%2Fsocket/", "http:/example.com/", "http://", "http:///path", "http://user@example.com/",
            "http://user:secret@example.com/", "http://@example.com/", "http://exa mple.com/", "http://ex%61mple.com/",
            "http://example.com:0/", "http://example.com:65536/", "http://example.com:8o/", "http://example.com:+80/",
            "http://ex\u{e4}mple.com/", "http://a..b/", "http://.a/", "http://[::1/",
            "http://[::1]x/",
            "http://[fe80::1%25eth0]/", "http://[127.0.0.1]/", "http://example.com\\@evil/", "http://a/\r\nX: y",
            "http://a/\u{0}", "http://exam\u{2024}ple/", " http://example.com/",
            "http://" + String(repeating: "a", count: 64) + ".com/", "http://a/" + String(repeating: "a", count: 8192),
        ]
    )
    func refused(_ text: String) {
        let error = #expect(throws: DownloadError.self) { try DownloadURL(text) }
        #expect(error?.code == .invalidURL)
        #expect(error?.message.contains("secret") == false)
    }

    @Test(
        "are led on by redirects",
        arguments: [
            ("https://other.example/x", "https://other.example/x"), ("//other.example/x", "http://other.example/x"),
            ("/x", "http://a.example/x"), ("x", "http://a.example/b/x"), ("../x", "http://a.example/x"),
            ("?z", "http://a.example/b/c?z"), ("./", "http://a.example/b/"), ("#f", "http://a.example/b/c"),
            ("http://a.example:80/x y", "http://a.example/x%20y"),
        ]
    )
    func redirects(_ location: String, _ expected: String) throws {
        #expect(try DownloadURL("http://a.example/b/c?q").redirected(to: location).description == expected)
    }

    @Test(
        "are not led elsewhere",
        arguments: [
            "", "file:///etc/passwd", "ftp://a.example/", "data:text/plain,x", "javascript:1", "http://u@a.example/",
            "http://a.example/x", "http:x", "https:x", "//u:p@a.example/", "https://a b/",
        ]
    )
    func badRedirects(_ location: String) throws {
        let url = try DownloadURL("https://a.example/b/c")
        let error = #expect(throws: DownloadError.self) { try url.redirected(to: location) }
        #expect(error?.code == .redirectRefused)
    }
}

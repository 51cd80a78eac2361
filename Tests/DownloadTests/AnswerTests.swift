import NIOHTTP1
import Testing

@testable import Download

@Suite("What the head of an answer means")
struct AnswerTests {
    private static let strong = Validator(kind: .etag, value: "\"one\"")

    private static func answer(_ status: Int, _ headers: HTTPHeaders, keeping: Bool = false, isHashed: Bool = false)
        -> Answer
    {
        let kept = PartialRecord(source: "s", validator: strong, total: 100, boot: "b")
        return Answer(status, headers, host: "h", resuming: keeping ? kept : nil, at: 40, isHashed: isHashed)
    }

    private static let part: HTTPHeaders = [
        "etag": "\"one\"", "content-range": "bytes 40-99/100", "content-length": "60",
    ]

    @Test("a part that fits goes on")
    func rest() {
        #expect(Self.answer(206, Self.part, keeping: true) == .rest(total: 100))
        #expect(Self.answer(200, ["content-length": "7"], keeping: true) == .whole(total: 7, nil))
    }

    @Test(
        "a part that does not fit starts over",
        arguments: [
            ("content-range", "bytes 0-99/100"), ("content-range", "bytes 41-99/100"),
            ("content-range", "bytes 40-98/100"),
            ("content-range", "bytes 40-100/101"), ("content-range", "bytes 40-99/*"),
            ("content-range", "lines 40-99/100"),
            ("content-range", "bytes 40-99"), ("content-range", "bytes 99-40/100"),
            ("content-range", "bytes +40-99/100"),
            ("content-range", "bytes 40-99/99999999999999999999"), ("content-range", ""), ("etag", "\"two\""),
            ("etag", "W/\"one\""), ("etag", ""), ("content-length", "59"),
        ]
    )
    func misfit(_ name: String, _ value: String) {
        var headers = Self.part
        headers.replaceOrAdd(name: name, value: value)
        #expect(Self.answer(206, headers, keeping: true) == .outdated)
        headers.remove(name: name)
        headers.add(name: name, value: value)
        headers.add(name: name, value: value)
        if name != "content-length" { #expect(Self.answer(206, headers, keeping: true) == .outdated) }
    }

    @Test(
        "parts and nothings that were not asked for are refused",
        arguments: [204, 205, 206, 203, 300, 304, 305, 400, 404]
    )
    func unasked(_ status: Int) {
        #expect(Self.answer(status, Self.part) == .refused(.refused(status: status, host: "h")))
    }

    @Test("trouble of the server may pass", arguments: [408, 429, 500, 502, 503, 504])
    func later(_ status: Int) {
        #expect(Self.answer(status, [:]) == .later(.refused(status: status, host: "h")))
    }

    @Test("a file without an end that can be seen needs a checksum")
    func endless() {
        guard case .refused(let error) = Self.answer(200, [:]) else {
            Issue.record("taken")
            return
        }
        #expect(error.code == .badAnswer)
        #expect(Self.answer(200, [:], isHashed: true) == .whole(total: nil, nil))
        #expect(Self.answer(200, ["transfer-encoding": "chunked"]) == .whole(total: nil, nil))
    }

    @Test("encodings are refused", arguments: [("content-encoding", "gzip"), ("transfer-encoding", "gzip, chunked")])
    func encodings(_ name: String, _ value: String) {
        guard case .refused(let error) = Self.answer(200, [name: value, "content-length": "1"]) else {
            Issue.record("taken")
            return
        }
        #expect(error.code == .encoded)
        #expect(Self.answer(200, ["content-encoding": "identity", "content-length": "1"]) == .whole(total: 1, nil))
    }

    @Test(
        "only what names bytes is a validator",
        arguments: [
            (["etag": "\"a\""], "\"a\""), (["etag": "W/\"a\""], nil), (["etag": "a"], nil), (["etag": "\"a"], nil),
            (["etag": "\"\""], nil), (["etag": "\"" + String(repeating: "a", count: 1023) + "\""], nil),
            (
                [
                    "etag": "W/\"a\"", "last-modified": "Sat, 21 Nov 2026 09:00:00 GMT",
                    "date": "Sat, 21 Nov 2026 10:00:00 GMT",
                ], nil
            ),
            (
                ["last-modified": "Sat, 21 Nov 2026 09:59:59 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"],
                "Sat, 21 Nov 2026 09:59:59 GMT"
            ),
            (["last-modified": "Sat, 21 Nov 2026 10:00:00 GMT", "date": "Sat, 21 Nov 2026 10:00:00 GMT"], nil),
            (["last-modified": "Sat, 21 Nov 2026 09:00:00 GMT"], nil),
            (["last-modified": "yesterday", "date": "Sat, 21 Nov 2026 10:00:00 GMT"], nil),
        ] as [([String: String], String?)]
    )
    func validators(_ headers: [String: String], _ expected: String?) {
        #expect(Validator(HTTPHeaders(headers.map { ($0.key, $0.value) }))?.value == expected)
    }

    @Test(
        "dates are those of the calendar",
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 29 Feb 2024 23:59:59 GMT", 1_709_251_199), ("Fri, 01 Mar 2024 00:00:00 GMT", 1_709_251_200),
            ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 08:49:37 CET", nil), ("", nil),
            ("Sun, 06 Nov 1994 08:49:+7 GMT", nil),
        ] as [(String, Int?)]
    )
    func dates(_ text: String, _ seconds: Int?) { #expect(HTTPDate.seconds(text) == seconds) }

    @Test("records are read as they were written, and not when a byte is wrong")
    func records() throws {
        let record = PartialRecord(source: "s", validator: Self.strong, total: 7, boot: "b")
        #expect(PartialRecord(record.text) == record)
        let bytes = Array(record.text.utf8)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 1
            #expect(PartialRecord(String(decoding: changed, as: UTF8.self)) == nil)
            #expect(PartialRecord(String(decoding: bytes[..<index], as: UTF8.self)) == nil)
        }
        let open = PartialRecord(source: "s", validator: Self.strong, total: nil, boot: "")
        #expect(PartialRecord(open.text) == open)
    }

    @Test("pauses grow, and are never the same for two")
    func pauses() {
        var random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
        for (number, longest) in [(1, 500), (2, 1000), (3, 2000), (5, 8000), (6, 15_000), (100, 15_000)] {
            let pause = Backoff.pause(before: number, &random)
            #expect(pause >= .milliseconds(longest) / 2 && pause <= .milliseconds(longest))
            #expect(pause != Backoff.pause(before: number, &random))
        }
    }
}

import HeddleModel
import Testing

@Suite("An identifier")
struct IdentifierTests {
    @Test("is a UUID v4 in lower case")
    func form() throws {
        for _ in 0..<1000 {
            let text = RequestID().rawValue
            #expect(
                try #/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/#.wholeMatch(in: text) != nil
            )
            #expect(RequestID(rawValue: text)?.description == text)
        }
    }

    @Test("is new each time")
    func unique() {
        #expect(Set((0..<10_000).map { _ in ExecutionID() }).count == 10_000)
    }

    @Test(
        "takes its bits from the given source",
        arguments: [
            (UInt64.min, "00000000-0000-4000-8000-000000000000"), (.max, "ffffffff-ffff-4fff-bfff-ffffffffffff"),
        ]
    )
    func source(_ bits: UInt64, _ expected: String) {
        var generator = ConstantGenerator(bits: bits)
        #expect(InstanceID(using: &generator).rawValue == expected)
    }

    @Test(
        "refuses every other form",
        arguments: [
            "", "6f1b8e0e-0000-4000-8000-00000000000", "6f1b8e0e-0000-4000-8000-0000000000000",
            "6F1B8E0E-0000-4000-8000-000000000000", "6f1b8e0e-0000-1000-8000-000000000000",
            "6f1b8e0e-0000-4000-7000-000000000000", "6f1b8e0e-0000-4000-c000-000000000000",
            "6f1b8e0e-0000-4000-:000-000000000000", "6f1b8e0e-0000-4000-A000-000000000000",
            "6f1b8e0e00000-4000-8000-000000000000", "6f1b8e0e-00004000-8000-0000000000000",
            "6f1b8e0g-0000-4000-8000-000000000000", "{f1b8e0e-0000-4000-8000-00000000000}",
            " f1b8e0e-0000-4000-8000-000000000000", "6f1b8e0e-0000-4000-8000-00000000000é",
            "6f1b8e0e-0000-4000-8000-00000000000\n",
        ]
    )
    func refuses(_ text: String) {
        #expect(RequestID(rawValue: text) == nil)
    }
}

private struct ConstantGenerator: RandomNumberGenerator {
    let bits: UInt64

    func next() -> UInt64 { bits }
}

@Suite("A timestamp")
struct TimestampTests {
    @Test(
        "is written as RFC 3339 with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (-1000, "1969-12-31T23:59:59.000Z"), (-86_400_000, "1969-12-31T00:00:00.000Z"),
            (-86_400_001, "1969-12-30T23:59:59.999Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"), (951_868_800_000, "2000-03-01T00:00:00.000Z"),
            (1_709_164_800_000, "2024-02-29T00:00:00.000Z"), (1_740_787_199_999, "2025-02-28T23:59:59.999Z"),
            (1_740_787_200_000, "2025-03-01T00:00:00.000Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"), (-2_203_891_200_001, "1900-02-28T23:59:59.999Z"),
            (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"), (1_000_000_000_000, "2001-09-09T01:46:40.000Z"),
            (2_147_483_648_000, "2038-01-19T03:14:08.000Z"), (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        ]
    )
    func text(_ milliseconds: Int, _ expected: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == expected)
    }

    @Test("beyond the years of RFC 3339 is written as the nearest inside")
    func clamps() {
        #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).description == "0000-01-01T00:00:00.000Z")
    }

    @Test("is ordered by time, as is its text")
    func order() {
        let moments = [-62_000_000_000_000, -1, 0, 1, 951_782_400_000, 253_000_000_000_000].map(Timestamp.init)
        #expect(moments.reversed().sorted() == moments)
        #expect(moments.map(\.description).sorted() == moments.map(\.description))
    }

    @Test("of the system lies between 2024 and 2100")
    func now() {
        let range = Timestamp(milliseconds: 1_704_067_200_000)...Timestamp(milliseconds: 4_102_444_800_000)
        #expect(range.contains(SystemWallClock().now))
    }
}

@Suite("A caller")
struct CallerTests {
    @Test("is the local person or the system, of the default tenant and with every scope")
    func kinds() {
        let local = Caller.local(origin: .rest)
        #expect(local.tenant.rawValue == "default")
        #expect(local.principal == "local")
        #expect(local.scopes == ["*"])
        let system = Caller.system(.local)
        #expect(system.principal == "system")
        #expect(system.origin == .system)
        #expect(system.requestID != local.requestID)
    }
}

import CHeddleKernels
import HeddleTestSupport
import Testing

/// Every table of functions that this processor can run, held against the plain one.
@Suite struct KernelTests {
    static let lengths = [0, 1, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 128, 384, 1_000, 1_536]

    static var tables: [heddle_kernels] {
        var pointers = [UnsafePointer<heddle_kernels>?](repeating: nil, count: 8)
        let count = heddle_kernels_available(&pointers, pointers.count)
        return pointers.prefix(count).compactMap { $0?.pointee }
    }

    private let plain = heddle_kernels_scalar().pointee
    private var random = SplitMix64(seed: 7)

    private mutating func floats(_ count: Int) -> [Float] {
        (0..<count).map { _ in Float.random(in: -1...1, using: &random) }
    }

    private mutating func halves(_ count: Int) -> [UInt16] {
        let numbers = floats(count)
        var halves = [UInt16](repeating: 0, count: count)
        plain.f16_from_f32(numbers, &halves, count)
        return halves
    }

    private func isClose(_ a: Float, _ b: Float, _ count: Int) -> Bool {
        abs(a - b) <= 1e-5 * Float(max(count, 1)).squareRoot() + 1e-5 * abs(b)
    }

    @Test func `this processor has a table of its own or the plain one`() {
        #expect(!Self.tables.isEmpty)
        #expect(String(cString: Self.tables[Self.tables.count - 1].name) == "scalar")
        #expect(String(cString: heddle_kernels_best().pointee.name) == String(cString: Self.tables[0].name))
    }

    @Test(arguments: lengths) mutating func `products and distances of floats agree`(count: Int) {
        let a = floats(count)
        let b = floats(count)
        for table in Self.tables {
            #expect(isClose(table.dot_f32(a, b, count), plain.dot_f32(a, b, count), count))
            #expect(isClose(table.l2_f32(a, b, count), plain.l2_f32(a, b, count), count))
            var dot: Float = 0
            var norm: Float = 0
            table.dot_norm_f32(a, b, count, &dot, &norm)
            #expect(isClose(dot, plain.dot_f32(a, b, count), count))
            #expect(isClose(norm, plain.dot_f32(b, b, count), count))
        }
    }

    @Test(arguments: lengths) mutating func `products and distances of halves agree`(count: Int) {
        let a = floats(count)
        let b = halves(count)
        for table in Self.tables {
            #expect(isClose(table.dot_f16(a, b, count), plain.dot_f16(a, b, count), count))
            #expect(isClose(table.l2_f16(a, b, count), plain.l2_f16(a, b, count), count))
            var dot: Float = 0
            var norm: Float = 0
            table.dot_norm_f16(a, b, count, &dot, &norm)
            var expected: Float = 0
            var expectedNorm: Float = 0
            plain.dot_norm_f16(a, b, count, &expected, &expectedNorm)
            #expect(isClose(dot, expected, count))
            #expect(isClose(norm, expectedNorm, count))
        }
    }

    @Test(arguments: [64, 128, 384, 4_096]) mutating func `products of bytes are the same to the last bit`(count: Int) {
        var codes = (0..<9 * count).map { _ in UInt8.random(in: 0...255, using: &random) }
        var query = (0..<count).map { _ in Int8.random(in: -127...127, using: &random) }
        // The greatest sums: where the instructions of some processors would saturate.
        for index in 0..<count {
            codes[index] = 255
            query[index] = 127
        }
        for rows in 1...9 {
            let ids = (0..<UInt32(rows)).map { $0 }
            var expected = [Int32](repeating: 0, count: rows)
            var found = expected
            ids.withUnsafeBufferPointer { ids in
                codes.withUnsafeBufferPointer { codes in
                    var place = heddle_rows(base: codes.baseAddress, stride: count, ids: ids.baseAddress, count: rows)
                    plain.dot_u8s8_many(&place, query, count, &expected)
                    for table in Self.tables {
                        table.dot_u8s8_many(&place, query, count, &found)
                        #expect(found == expected, "\(String(cString: table.name)), \(rows) rows")
                    }
                }
            }
        }
    }

    @Test(arguments: [64, 128, 512]) mutating func `bits that differ are counted the same`(count: Int) {
        let codes = (0..<5 * count).map { _ in UInt8.random(in: 0...255, using: &random) }
        let query = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        let ids: [UInt32] = [4, 0, 2, 1, 3]
        var expected = [UInt32](repeating: 0, count: 5)
        var found = expected
        ids.withUnsafeBufferPointer { ids in
            codes.withUnsafeBufferPointer { codes in
                var place = heddle_rows(base: codes.baseAddress, stride: count, ids: ids.baseAddress, count: 5)
                plain.hamming_many(&place, query, count, &expected)
                for table in Self.tables {
                    table.hamming_many(&place, query, count, &found)
                    #expect(found == expected)
                }
            }
        }
    }

    @Test func `every half becomes the same float and itself again`() {
        let all = (0...UInt16.max).map { $0 }
        var expected = [Float](repeating: 0, count: all.count)
        plain.f32_from_f16(all, &expected, all.count)
        for table in Self.tables {
            var found = [Float](repeating: 0, count: all.count)
            table.f32_from_f16(all, &found, all.count)
            var back = [UInt16](repeating: 0, count: all.count)
            table.f16_from_f32(found, &back, all.count)
            for index in all.indices where !expected[index].isNaN {
                #expect(found[index].bitPattern == expected[index].bitPattern)
                #expect(back[index] == all[index])
            }
        }
    }

    @Test mutating func `floats are rounded to halves alike`() {
        var numbers = floats(4_001).map { $0 * 100_000 }
        numbers += floats(4_001).map { $0 * 1e-6 }
        numbers += [0, -0, 65_504, 65_519.996, 65_520, 1e30, -.infinity, 2e-8, 2.98e-8, 5.96e-8, 6.1e-5, 1 + 1 / 2_048]
        var expected = [UInt16](repeating: 0, count: numbers.count)
        plain.f16_from_f32(numbers, &expected, numbers.count)
        for table in Self.tables {
            var found = expected.map { _ in UInt16(0) }
            table.f16_from_f32(numbers, &found, numbers.count)
            #expect(found == expected)
        }
    }

    @Test mutating func `codes of bytes and what did not fit agree`() {
        let numbers = floats(1_001).map { $0 * 1.3 } + [.nan, .infinity, -.infinity, 0]
        var expected = [UInt8](repeating: 0, count: numbers.count)
        let clipped = plain.u8_from_f32(numbers, 127, 128, &expected, numbers.count)
        #expect(clipped > 3)
        for table in Self.tables {
            var found = expected.map { _ in UInt8(0) }
            #expect(table.u8_from_f32(numbers, 127, 128, &found, numbers.count) == clipped)
            #expect(found == expected)
        }
        let codes = (0..<384).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        var signed = [Int8](repeating: 0, count: 384)
        let sum = plain.s8_from_u8(codes, &signed, 384)
        for table in Self.tables {
            var found = [Int8](repeating: 0, count: 384)
            #expect(table.s8_from_u8(codes, &found, 384) == sum)
            #expect(found == signed)
        }
    }

    @Test mutating func `checksums are those of the standard`() {
        let digits = Array("123456789".utf8)
        let bytes = (0..<1_027).map { _ in UInt8.random(in: 0...255, using: &random) }
        for table in Self.tables {
            #expect(table.crc32c(0, digits, digits.count) == 0xE306_9283)
            let first = table.crc32c(0, bytes, 500)
            let rest = Array(bytes[500...])
            #expect(table.crc32c(first, rest, rest.count) == plain.crc32c(0, bytes, bytes.count))
        }
    }
}

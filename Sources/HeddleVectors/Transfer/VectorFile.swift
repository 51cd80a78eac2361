import CHeddleKernels
import Glibc
package import HeddleModel

/// The vectors of a NumPy file: a matrix of floats in single or half precision, one vector a row.
package final class VectorFile: @unchecked Sendable {
    // The mapping is only read, and lives as long as this object.

    /// How many vectors there are.
    package let count: Int
    package let dimension: Int
    private let isHalf: Bool
    private let offset: Int
    private let place: UnsafeRawPointer
    private let mapped: Int

    /// Opens a `.npy` file.
    ///
    /// - Parameter path: Where it is.
    /// - Throws: ``HeddleError`` with `.pathNotReadable`, `.invalidRequest` when it has something else than a matrix of
    ///   `<f4` or `<f2`, row by row.
    package init(path: String) throws(HeddleError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw HeddleError(.pathNotReadable, "the file of vectors cannot be read", details: ["path": path])
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size >= 10,
            let start = mmap(nil, Int(status.st_size), PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED
        else { throw Self.wrong(path, "it is too short or no regular file") }
        place = UnsafeRawPointer(start)
        mapped = Int(status.st_size)
        let bytes = UnsafeRawBufferPointer(start: start, count: mapped)
        do throws(HeddleError) {
            (offset, isHalf, count, dimension) = try Self.header(path, bytes)
        } catch {
            munmap(start, mapped)
            throw error
        }
    }

    deinit {
        munmap(UnsafeMutableRawPointer(mutating: place), mapped)
    }

    private static func header(
        _ path: String,
        _ bytes: UnsafeRawBufferPointer
    ) throws(HeddleError) -> (offset: Int, isHalf: Bool, count: Int, dimension: Int) {
        guard bytes.prefix(6).elementsEqual([0x93] + Array("NUMPY".utf8)) else {
            throw wrong(path, "it is no .npy file")
        }
        let isLong = bytes[6] > 1
        guard bytes.count >= 12 else { throw wrong(path, "it ends in its header") }
        let length =
            isLong
            ? Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
            : Int(bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self))
        let start = isLong ? 12 : 10
        guard length <= bytes.count - start else { throw wrong(path, "it ends in its header") }
        let header = String(decoding: bytes[start..<start + length], as: UTF8.self)
        guard header.contains("'fortran_order': False") else { throw wrong(path, "its matrix is not row by row") }
        let isHalf = header.contains("'<f2'")
        guard isHalf || header.contains("'<f4'") else { throw wrong(path, "its numbers are neither <f4 nor <f2") }
        guard let open = header.firstIndex(of: "("), let close = header.firstIndex(of: ")"), open < close else {
            throw wrong(path, "it has no shape")
        }
        let shape = header[header.index(after: open)..<close].split(separator: ",")
            .compactMap { Int($0.filter { $0 != " " }) }
        guard shape.count == 2, shape[0] >= 0, (1...VectorSettings.maximumDimension).contains(shape[1]) else {
            throw wrong(path, "its shape is not that of a matrix of 1 to \(VectorSettings.maximumDimension) columns")
        }
        let width = isHalf ? 2 : 4
        guard shape[0] <= (bytes.count - start - length) / (shape[1] * width) else {
            throw wrong(path, "it ends before its last row")
        }
        return (start + length, isHalf, shape[0], shape[1])
    }

    private static func wrong(_ path: String, _ what: String) -> HeddleError {
        HeddleError(.invalidRequest, "the file of vectors is not usable: \(what)", details: ["path": path])
    }

    /// One vector.
    package subscript(_ index: Int) -> [Float] {
        precondition((0..<count).contains(index), "a row of the matrix")
        let row = place + offset + index * dimension * (isHalf ? 2 : 4)
        return [Float](unsafeUninitializedCapacity: dimension) { buffer, filled in
            filled = dimension
            guard isHalf else {
                UnsafeMutableRawPointer(buffer.baseAddress)?.copyMemory(from: row, byteCount: dimension * 4)
                return
            }
            let halves = [UInt16](unsafeUninitializedCapacity: dimension) { copy, halfCount in
                UnsafeMutableRawPointer(copy.baseAddress)?.copyMemory(from: row, byteCount: dimension * 2)
                halfCount = dimension
            }
            heddle_kernels_best().pointee.f32_from_f16(halves, buffer.baseAddress, dimension)
        }
    }
}

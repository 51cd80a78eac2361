import JSON

/// The elements of three versions of an array, and which of them belong together.
private struct Versions {
    var base: ArraySlice<Int>
    var ours: ArraySlice<Int>
    var theirs: ArraySlice<Int>

    /// How many there are at the most.
    var longest: Int { max(base.count, ours.count, theirs.count) }
    var shortest: Int { min(base.count, ours.count, theirs.count) }
}

extension ThreeWay {
    /// Elements that may come and go on one side; with more, nobody looks for what belongs together.
    private static let maximumEdits = 1024

    /// Writes the elements of three arrays; says whether it was clear how.
    mutating func mergeElements(_ array: Int, _ our: Int, _ their: Int) -> Bool {
        let all = Versions(
            base: base.elements(of: array)[...],
            ours: ours.elements(of: our)[...],
            theirs: theirs.elements(of: their)[...]
        )
        let (start, end) = commonEnds(all)
        let middle = Versions(
            base: all.base[start..<(all.base.count - end)],
            ours: all.ours[start..<(all.ours.count - end)],
            theirs: all.theirs[start..<(all.theirs.count - end)]
        )
        output.append(UInt8(ascii: "["))
        let first = output.count
        for value in all.ours[..<start] { writeElement(ours, value, first) }
        guard mergeMiddle(middle, first) else { return false }
        for value in all.ours[middle.ours.endIndex...] { writeElement(ours, value, first) }
        output.append(UInt8(ascii: "]"))
        return true
    }

    /// How many elements are equal in all three at the start, and how many at the end.
    private func commonEnds(_ all: Versions) -> (start: Int, end: Int) {
        func isCommon(_ first: Int, _ second: Int, _ third: Int) -> Bool {
            Self.areEqual(base, first, ours, second) && Self.areEqual(base, first, theirs, third)
        }
        var (start, end) = (0, 0)
        while start < all.shortest, isCommon(all.base[start], all.ours[start], all.theirs[start]) { start += 1 }
        while end < all.shortest - start,
            isCommon(
                all.base[all.base.count - 1 - end],
                all.ours[all.ours.count - 1 - end],
                all.theirs[all.theirs.count - 1 - end]
            )
        { end += 1 }
        return (start, end)
    }

    private mutating func writeElement(_ source: TapeSource, _ value: Int, _ first: Int) {
        if output.count > first { output.append(UInt8(ascii: ",")) }
        write(source, value)
    }

    /// Stretch by stretch, between elements that nobody touched (Khanna, Kunal and Pierce 2007).
    private mutating func mergeMiddle(_ all: Versions, _ first: Int) -> Bool {
        if all.base.count == 1, all.ours.count == 1, all.theirs.count == 1,
            let base = all.base.first, let our = all.ours.first, let their = all.theirs.first
        {
            // There is nothing to align, and what is nested in such elements is not looked through at each level.
            if output.count > first { output.append(UInt8(ascii: ",")) }
            merge(Triple(base: base, ours: our, theirs: their), at: String(all.ours.startIndex), isElement: true)
            return true
        }
        guard let alignment = Diff3(all, base, ours, theirs, maximumEdits: Self.maximumEdits) else { return false }
        var (before, our, their) = (0, 0, 0)
        while true {
            var next = before
            while next < alignment.base.count, !alignment.isStable(next) { next += 1 }
            let isEnd = next == alignment.base.count
            let stretch = Diff3.Stretch(
                base: before..<next,
                ours: our..<(isEnd ? alignment.ours.count : alignment.inOurs[next] ?? our),
                theirs: their..<(isEnd ? alignment.theirs.count : alignment.inTheirs[next] ?? their)
            )
            guard mergeStretch(stretch, alignment, all, first) else { return false }
            if isEnd { return true }
            writeElement(ours, all.ours[all.ours.startIndex + stretch.ours.upperBound], first)
            (before, our, their) = (next + 1, stretch.ours.upperBound + 1, stretch.theirs.upperBound + 1)
        }
    }

    private mutating func mergeStretch(
        _ stretch: Diff3.Stretch,
        _ alignment: Diff3,
        _ all: Versions,
        _ first: Int
    ) -> Bool {
        let (base, our, their) = (
            alignment.base[stretch.base], alignment.ours[stretch.ours], alignment.theirs[stretch.theirs]
        )
        let start = all.ours.startIndex
        if our.elementsEqual(base), !their.elementsEqual(base) {
            for index in stretch.theirs { writeElement(theirs, all.theirs[start + index], first) }
            return true
        }
        if their.elementsEqual(base) || our.elementsEqual(their) {
            for index in stretch.ours { writeElement(ours, all.ours[start + index], first) }
            return true
        }
        guard alignment.isInPlace(stretch) else { return false }
        for offset in 0..<stretch.base.count {
            if output.count > first { output.append(UInt8(ascii: ",")) }
            let values = Triple(
                base: all.base[start + stretch.base.lowerBound + offset],
                ours: all.ours[start + stretch.ours.lowerBound + offset],
                theirs: all.theirs[start + stretch.theirs.lowerBound + offset]
            )
            merge(values, at: String(start + stretch.ours.lowerBound + offset), isElement: true)
        }
        return true
    }
}

/// Which elements of a base are still there on both sides.
private struct Diff3 {
    /// Elements in a row of each version.
    struct Stretch {
        let base: Range<Int>
        let ours: Range<Int>
        let theirs: Range<Int>
    }

    /// The elements by numbers that equal ones share.
    let base: [Int]
    let ours: [Int]
    let theirs: [Int]
    /// Where an element of the base is now.
    let inOurs: [Int?]
    let inTheirs: [Int?]

    /// Nil when too much has changed.
    init?(_ all: Versions, _ base: TapeSource, _ ours: TapeSource, _ theirs: TapeSource, maximumEdits: Int) {
        guard all.longest - all.shortest <= maximumEdits else { return nil }
        var numbers = ValueNumbers()
        let before = all.base.map { numbers.number(Leaf(source: base, index: $0)) }
        let our = all.ours.map { numbers.number(Leaf(source: ours, index: $0)) }
        let their = all.theirs.map { numbers.number(Leaf(source: theirs, index: $0)) }
        guard let ourMatches = Alignment.matches(before, our, maximumEdits: maximumEdits),
            let theirMatches = Alignment.matches(before, their, maximumEdits: maximumEdits)
        else { return nil }
        var (inOurs, inTheirs) = (
            [Int?](repeating: nil, count: before.count), [Int?](repeating: nil, count: before.count)
        )
        for match in ourMatches { inOurs[match.left] = match.right }
        for match in theirMatches { inTheirs[match.left] = match.right }
        (self.base, self.ours, self.theirs) = (before, our, their)
        (self.inOurs, self.inTheirs) = (inOurs, inTheirs)
    }

    /// Whether an element of the base is still there on both sides.
    func isStable(_ index: Int) -> Bool { inOurs[index] != nil && inTheirs[index] != nil }

    /// Whether both sides have changed elements of a stretch without moving any: as many as there were, and what a side has
    /// kept is at the place where it was.
    func isInPlace(_ stretch: Stretch) -> Bool {
        guard stretch.base.count == stretch.ours.count, stretch.base.count == stretch.theirs.count else { return false }
        return stretch.base.allSatisfy { index in
            let offset = index - stretch.base.lowerBound
            let (our, their) = (
                inOurs[index] ?? stretch.ours.lowerBound + offset, inTheirs[index] ?? stretch.theirs.lowerBound + offset
            )
            return our == stretch.ours.lowerBound + offset && their == stretch.theirs.lowerBound + offset
        }
    }
}

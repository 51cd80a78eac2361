/// Sorts some places of a graph so that each comes behind those that it uses.
///
/// Tarjan's components come out dependencies first. A component of several is a circle: there only what is needed counts,
/// and when that is a circle too, there is no order.
struct DependencySorter {
    /// The places of the first circle of needed ones, the first of them once more at the end; empty when there is none.
    private(set) var cycle: [Int] = []

    private let graph: DependencyGraph
    private let places: [Int]
    /// The position of each place in `places`; -1 for those outside.
    private var rank: [Int]
    private var result: [Int] = []

    /// One place on the way down, and which of its edges comes next.
    private struct Step {
        let place: Int
        var next = 0
    }

    init(_ graph: DependencyGraph, _ places: [Int]) {
        self.graph = graph
        rank = Array(repeating: -1, count: graph.usedBy.count)
        var distinct: [Int] = []
        for place in places where rank[place] < 0 {
            rank[place] = distinct.count
            distinct.append(place)
        }
        self.places = distinct
    }

    mutating func sorted() -> [Int] {
        var number = [Int](repeating: 0, count: rank.count)
        var lowest = number
        var open: [Int] = []
        var isOpen = [Bool](repeating: false, count: rank.count)
        var visited = 0
        var steps: [Step] = []
        func enter(_ place: Int) {
            visited += 1
            number[place] = visited
            lowest[place] = visited
            open.append(place)
            isOpen[place] = true
            steps.append(Step(place: place))
        }
        for root in places where number[root] == 0 {
            enter(root)
            while let step = steps.last {
                let place = step.place
                if step.next < graph.uses[place].count {
                    steps[steps.count - 1].next += 1
                    let other = graph.uses[place][step.next].place
                    guard rank[other] >= 0 else { continue }
                    if number[other] == 0 {
                        enter(other)
                    } else if isOpen[other] {
                        lowest[place] = min(lowest[place], number[other])
                    }
                    continue
                }
                steps.removeLast()
                if let parent = steps.last { lowest[parent.place] = min(lowest[parent.place], lowest[place]) }
                guard lowest[place] == number[place], let start = open.lastIndex(of: place) else { continue }
                let component = Array(open[start...])
                open.removeSubrange(start...)
                for member in component { isOpen[member] = false }
                append(component)
            }
        }
        return result
    }

    private mutating func append(_ component: [Int]) {
        if component.count == 1, let place = component.first {
            if graph.uses[place].contains(where: { $0.place == place && !$0.isOptional }) { note([place, place]) }
            result.append(place)
            return
        }
        let members = component.sorted { rank[$0] < rank[$1] }
        var isInside = Set(members)
        var onTheWay: [Int: Int] = [:]
        for root in members where isInside.contains(root) {
            isInside.remove(root)
            var steps = [Step(place: root)]
            onTheWay[root] = 0
            while let step = steps.last {
                let edges = graph.uses[step.place]
                guard step.next < edges.count else {
                    result.append(step.place)
                    onTheWay[step.place] = nil
                    steps.removeLast()
                    continue
                }
                steps[steps.count - 1].next += 1
                let edge = edges[step.next]
                guard !edge.isOptional else { continue }
                if let start = onTheWay[edge.place] {
                    note(steps[start...].map(\.place) + [edge.place])
                } else if isInside.remove(edge.place) != nil {
                    onTheWay[edge.place] = steps.count
                    steps.append(Step(place: edge.place))
                }
            }
        }
    }

    private mutating func note(_ way: [Int]) {
        if cycle.isEmpty { cycle = way }
    }
}

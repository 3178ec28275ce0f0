/// The members of an object, in the order they came in.
///
/// Two objects are equal when they have the same members, in whatever order. Keys are compared scalar for scalar.
/// Looking up, adding and replacing take constant time; removing takes time linear in the members.
public struct JSONObject: Sendable {
    private var table: JSONKeyTable
    private var values: [JSONValue]

    /// An object without members.
    public init() {
        self.init(table: JSONKeyTable(), values: [])
    }

    init(table: JSONKeyTable, values: [JSONValue]) {
        self.table = table
        self.values = values
    }

    /// The keys in order.
    public var keys: [String] { table.keys }

    /// The value of a key; `nil` when there is none. Setting `nil` removes the member, setting a new key adds it at the end.
    public subscript(key: String) -> JSONValue? {
        get { table.place(of: key).map { values[$0] } }
        set {
            switch (table.place(of: key), newValue) {
            case (let place?, let value?): values[place] = value
            case (let place?, nil):
                table.remove(at: place)
                values.remove(at: place)
            case (nil, let value?):
                _ = table.append(key)
                values.append(value)
            case (nil, nil): break
            }
        }
    }
}

extension JSONObject: RandomAccessCollection {
    /// The first place, 0.
    public var startIndex: Int { 0 }
    /// The place after the last, which is the number of members.
    public var endIndex: Int { values.count }
    /// The member at a place in the order.
    public subscript(position: Int) -> (key: String, value: JSONValue) { (table.keys[position], values[position]) }
}

extension JSONObject: Hashable {
    /// Whether both have the same members, in whatever order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }

    /// Hashes the members so that their order does not matter.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for (key, value) in self {
            var member = Hasher()
            member.combine(JSONKey(text: key))
            member.combine(value)
            sum ^= member.finalize()
        }
        hasher.combine(count)
        hasher.combine(sum)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// The members of a literal; of two with the same key the last one counts.
    public init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init()
        for (key, value) in elements { self[key] = value }
    }
}

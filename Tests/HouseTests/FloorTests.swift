import Testing

/// The arrows between the targets: declared ones, and those that the import lines draw.
@Suite struct FloorTests {
    let description: PackageDescription

    init() throws {
        description = try PackageDescription.ofThisPackage.get()
    }

    @Test func everyTargetHasAFloor() {
        let names = Set(description.shipped.map(\.name))
        #expect(names == Set(Floors.table.keys))
    }

    @Test func declaredDependenciesPointDown() throws {
        for target in description.shipped {
            let floor = try #require(Floors.table[target.name])
            for dependency in target.targetDependencies ?? [] {
                let below = try #require(Floors.table[dependency], "\(dependency) has no floor")
                #expect(below < floor, "\(target.name) (\(floor)) depends on \(dependency) (\(below))")
            }
        }
    }

    @Test func importLinesPointDownAndAreDeclared() throws {
        var seen = 0
        for target in description.shipped {
            let floor = try #require(Floors.table[target.name])
            let declared = Set(target.targetDependencies ?? [])
            for source in target.sources where source.hasSuffix(".swift") {
                for (line, module) in try Tree.imports(of: target.path + "/" + source) {
                    seen += 1
                    let place = "\(target.path)/\(source):\(line)"
                    guard let below = Floors.table[module] else {
                        #expect(Floors.outside.contains(module), "\(place) imports \(module)")
                        continue
                    }
                    #expect(below < floor, "\(place) imports \(module), floor \(below), from floor \(floor)")
                    #expect(declared.contains(module), "\(place) imports \(module), which is not declared")
                }
            }
        }
        #expect(seen > 0)
    }

    @Test func pureTargetsHaveNoLibuvBelowThem() {
        for target in description.shipped where !Floors.aboveLibuv.contains(target.name) {
            let below = description.below(target.name)
            #expect(below.isDisjoint(with: ["CUV", "GateUV"]), "\(target.name) stands on libuv")
        }
    }

    @Test func onlyTheEventLoopsImportLibuv() throws {
        for target in description.shipped where target.name != "GateUV" {
            #expect(!(target.targetDependencies ?? []).contains("CUV"), "\(target.name) depends on CUV")
        }
    }

    @Test func theGatewayKnowsNoProtocolAndNoSocket() {
        #expect(description.below("GateServer").isDisjoint(with: Floors.unknownToServer))
    }

    @Test func aDependencyOfADependencyIsBelow() {
        #expect(description.below("GatehouseCommand").isSuperset(of: ["CUV", "GateBytes", "GateServer"]))
    }
}

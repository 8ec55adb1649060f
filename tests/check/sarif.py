"""A SARIF file is SARIF 2.1.0: against the object model of Debian's python3-sarif-python-om (every property of every object is
one of its class, every required one is there), and against the JSON schema when one is given.

    sarif.py SCHEMA|- FILE...
"""
import json
import sys

import attr
import jsonschema
import sarif_om as om

# The class of an object or of the objects of a list, by the property that holds it.
CLASSES = {
    "runs": om.Run, "tool": om.Tool, "driver": om.ToolComponent, "rules": om.ReportingDescriptor,
    "shortDescription": om.MultiformatMessageString, "help": om.MultiformatMessageString,
    "automationDetails": om.RunAutomationDetails, "invocations": om.Invocation, "results": om.Result, "message": om.Message,
    "locations": om.Location, "location": om.Location, "physicalLocation": om.PhysicalLocation,
    "artifactLocation": om.ArtifactLocation, "region": om.Region, "logicalLocations": om.LogicalLocation,
    "codeFlows": om.CodeFlow, "threadFlows": om.ThreadFlow, "stack": om.Stack, "frames": om.StackFrame,
    "suppressions": om.Suppression,
}
FREE = {"properties", "partialFingerprints"}  # any names allowed


def check(value, kind, path):
    fields = {field.metadata["schema_property_name"]: field for field in attr.fields(kind)}
    for name in value:
        assert name in fields, f"{path}: {kind.__name__} has no property {name}"
    for name, field in fields.items():
        assert field.default is not attr.NOTHING or name in value, f"{path}: {kind.__name__} lacks {name}"
    for name, inner in value.items():
        if name in FREE:
            continue
        of = om.ThreadFlowLocation if kind is om.ThreadFlow and name == "locations" else CLASSES.get(name)
        for number, one in enumerate(inner if isinstance(inner, list) else [inner]):
            if isinstance(one, dict):
                assert of, f"{path}: nobody told this test what {name} holds"
                check(one, of, f"{path}.{name}[{number}]")


schema = None if sys.argv[1] == "-" else jsonschema.Draft7Validator(json.load(open(sys.argv[1], encoding="utf-8")))
for file in sys.argv[2:]:
    document = json.load(open(file, encoding="utf-8"))
    assert document["version"] == "2.1.0", document["version"]
    check(document, om.SarifLog, file + ": $")
    for run in document["runs"]:
        rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
        assert len(rules) == len(set(rules)), f"{file}: a rule is listed twice"
        for result in run["results"]:
            assert rules[result["ruleIndex"]] == result["ruleId"], f"{file}: a result leads to another rule"
    if schema:
        schema.validate(document)

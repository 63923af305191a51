"""
Elements of the FHIR R4 (4.0.1) resources that a de-identified export writes: cardinality, types and required codes, from the
StructureDefinitions in HL7's own package.

    npm pack hl7.fhir.r4.examples@4.0.1 && tar xzf hl7.fhir.r4.examples-4.0.1.tgz && python3 fhir.py package
"""
import json
import pathlib
import sys

folder = pathlib.Path(sys.argv[1])
read = lambda name: json.loads((folder / name).read_text())
wanted = ['Patient', 'Encounter', 'Observation', 'Condition', 'Procedure', 'MedicationStatement']
definitions = {}
for bundle in ['Bundle-resources.json', 'Bundle-types.json']:
    for entry in read(bundle)['entry']:
        resource = entry['resource']
        if resource['resourceType'] == 'StructureDefinition' and resource.get('derivation') != 'constraint':
            definitions[resource['type']] = resource

code_systems = {}
value_sets = {}
for path in folder.glob('CodeSystem-*.json'):
    resource = json.loads(path.read_text())
    code_systems[resource['url']] = resource
for path in folder.glob('ValueSet-*.json'):
    resource = json.loads(path.read_text())
    value_sets[resource.get('url')] = resource


def codes_of(concepts):
    for concept in concepts:
        yield concept['code']
        yield from codes_of(concept.get('concept', []))


def required(url):
    value_set = value_sets.get(url.split('|')[0])
    if not value_set:
        return None
    found = []
    for include in value_set.get('compose', {}).get('include', []):
        if 'concept' in include:
            found += [concept['code'] for concept in include['concept']]
        elif include.get('system') in code_systems and 'filter' not in include:
            found += list(codes_of(code_systems[include['system']].get('concept', [])))
        else:
            return None
    return sorted(set(found)) or None


types = {}
queue = list(wanted)
while queue:
    name = queue.pop()
    if name in types or name not in definitions or name in ('Resource', 'DomainResource', 'Narrative', 'Extension'):
        continue
    definition = definitions[name]
    if definition['kind'] == 'primitive-type':
        continue
    types[name] = {}
    for element in definition['snapshot']['element'][1:]:
        kinds = [kind['code'].replace('http://hl7.org/fhirpath/System.String', 'string') for kind in element.get('type', [])]
        entry = {'min': element['min'], 'max': element['max'], 'types': kinds}
        if 'contentReference' in element:
            entry['same'] = element['contentReference'].lstrip('#')
        binding = element.get('binding', {})
        if binding.get('strength') == 'required' and kinds == ['code']:
            codes = required(binding['valueSet'])
            if codes:
                entry['codes'] = codes
        types[name][element['path'][len(name) + 1:]] = entry
        queue += kinds
json.dump(types, open(pathlib.Path(__file__).with_suffix('.json'), 'w'), indent=0, sort_keys=True)
print(len(types), 'types')

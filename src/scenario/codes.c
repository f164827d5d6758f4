/* codes.c - explanations of the diagnostic codes, in order */
#include "scenario/codes.h"

#include <string.h>

const struct mz_code mz_codes[] = {
    { "M0101", "the file is not YAML",
        "The file breaks a rule of YAML itself, so nothing in it could be read and no other error\n"
        "was looked for. Often a bracket is not closed, a blank is missing behind ':', or a line\n"
        "is indented with a tab.\n",
        "price: {h100-sxm: 2 USD/chip-hour\n", "price: {h100-sxm: 2 USD/chip-hour}\n" },
    { "M0102", "the file is not text",
        "A file is UTF-8 text. A byte that is not UTF-8, or a NUL, stands at the place named.\n"
        "UTF-16 files are not read: save the file as UTF-8.\n",
        NULL, NULL },
    { "M0103", "not exactly one document",
        "A file holds one scenario or one job. It is empty, or a second document begins with\n"
        "'---'.\n",
        "mizan: 1\n---\nmizan: 1\n", "mizan: 1\n" },
    { "M0104", "the same key twice",
        "Two entries of one map have the same key. Only one of them could count, and which one\n"
        "would be a guess.\n",
        "power: {2026-01: 50 MW, 2026-01: 80 MW}\n", "power: {2026-01: 50 MW, 2026-07: 80 MW}\n" },
    { "M0105", "too large, or nested too deep",
        "A file may have 16 MiB, 32 levels and 2 million values, where an alias counts as a copy\n"
        "of what it names.\n",
        NULL, NULL },
    { "M0106", "a part of YAML that is not supported",
        "Tags (!!int), merge keys (<<), keys that are maps or lists, and aliases without an\n"
        "anchor are not read. Anchors and aliases are.\n",
        "b: {<<: *a, term: 2 years}\n", "b: {kind: option, term: 2 years}\n" },
    { "M0107", "unknown key",
        "The map has no such key. Nothing is ever ignored: a misspelt key that was would leave\n"
        "the default in force without a word. The note lists the keys that the map has.\n",
        "limits: {critical_shar: 80%}\n", "limits: {critical_share: 80%}\n" },
    { "M0108", "something is missing",
        "The key has no default that would be right for everybody. Some keys are needed only\n"
        "beside others: 'end' or 'term' with 'commit', 'chips.max' with 'chips.min' or\n"
        "'one_site', 'power' of an own site without 'expand'.\n",
        "gpu-1: {kind: on-demand, partner: aws, pools: {aws/us-east-1: [h100-sxm]}}\n",
        "gpu-1: {kind: on-demand, partner: aws, pools: {aws/us-east-1: [h100-sxm]},\n"
        "        price: 4 USD/chip-hour}\n" },
    { "M0109", "a value of another shape is needed",
        "A map stands where a single value is needed, or a list where a map is, and so on.\n",
        "partners: [aws, azure]\n", "partners: {aws: {}, azure: {}}\n" },
    { "M0110", "a key that does nothing here",
        "The key belongs to another kind of contract, workload or funding. It is refused, because\n"
        "whoever wrote it expects something of it.\n",
        "kind: committed\nwhole: true\n", "kind: option\nwhole: true\n" },
    { "M0111", "a key without a value",
        "Nothing, ~ or null stands behind the key. In a file that says nothing; only in an\n"
        "override it does: there it removes the key. A map without entries is written {}.\n",
        "partners:\n  aws:\n", "partners:\n  aws: {}\n" },
    { "M0112", "a unit is needed",
        "Every quantity carries its unit, because a bare number is read as MW by one reader and\n"
        "as GW by another. Only token counts, the chips of a training run, PUE and plain counts "
        "may\n"
        "be bare.\n",
        "power: 1050\n", "power: 1050 MW\n" },
    { "M0113", "not a month", "Dates are months: a year of four digits, a dash, two digits.\n",
        "start: 2026\n", "start: 2026-01\n" },
    { "M0114", "not such a quantity",
        "The text is not a number with a unit of this kind. A suffix k, M, B or T touches its\n"
        "number, and a blank stands before the unit, except before '%'.\n",
        "capacity: 20 k chips\nprice: 3 USD/hour\n",
        "capacity: 20k chips\nprice: 3 USD/chip-hour\n" },
    { "M0115", "out of range",
        "The number is readable, but not one that can stand here: a negative price, a share above\n"
        "100%, a PUE below 1, a horizon of more than 600 periods.\n",
        "take_or_pay: 110%\n", "take_or_pay: 90%\n" },
    { "M0116", "not one of the known words", "Only the words of the note can stand here.\n",
        "kind: commited\n", "kind: committed\n" },
    { "M0117", "true or false is needed",
        "Switches are written true and false. Other spellings are refused, because YAML readers\n"
        "disagree on them.\n",
        "critical: yes\n", "critical: true\n" },
    { "M0118", "dates must go up",
        "The dates of a value over time stand in the order of time, so that a person reads them\n"
        "as the program does.\n",
        "power: {2027-01: 90 MW, 2026-01: 50 MW}\n", "power: {2026-01: 50 MW, 2027-01: 90 MW}\n" },
    { "M0119", "a ramp that cannot be",
        "'ramp: linear' draws a line between dates: it needs at least one date, it knows no other\n"
        "word than linear, and 'growth' does not go together with it.\n",
        "capacity: {ramp: linear}\n",
        "capacity: {ramp: linear, 2026-01: 10k chips, 2027-01: 50k chips}\n" },
    { "M0120", "no such name",
        "A partner, site, region or model is named that nothing else in the file (or, for models,\n"
        "the catalogue) defines. The nearest known name is given where one is near.\n",
        "partners: {azure: {}}\nsites: {azur/eastus2: {}}\n",
        "partners: {azure: {}}\nsites: {azure/eastus2: {}}\n" },
    { "M0121", "it ends before it starts",
        "The last month of a contract or window lies before its first one. Both are inclusive.\n",
        "start: 2026-01\nend: 2025-12\n", "start: 2026-01\nend: 2026-12\n" },
    { "M0122", "not a name",
        "Names have 1 to 100 bytes, no dot (it separates the parts of an override's path) and no\n"
        "control characters. A site is named partner/site.\n",
        "contracts: {aws.38b: {...}}\n", "contracts: {aws-38b: {...}}\n" },
    { "M0123", "keys that contradict each other",
        "Two keys say things that cannot both be: a certain amount and a maximum to choose from,\n"
        "fewer chips at most than at least, a contract of kind own with another partner.\n",
        "chips: {min: 50k chips, max: 20k chips}\n", "chips: {min: 20k chips, max: 50k chips}\n" },
    { "M0124", "a pool that cannot be",
        "The pools of a contract lie at sites of its partner, and name each chip of a site once.\n",
        "partner: aws\npools: {azure/eastus2: [h100-sxm]}\n",
        "partner: aws\npools: {aws/us-east-1: [h100-sxm]}\n" },
    { "M0125", "a chip without a price",
        "A price by chip names every chip of the contract's pools.\n",
        "pools: {aws/us-east-1: [h100-sxm, h200-sxm]}\nprice: {h100-sxm: 2 USD/chip-hour}\n",
        "pools: {aws/us-east-1: [h100-sxm, h200-sxm]}\n"
        "price: {h100-sxm: 2 USD/chip-hour, h200-sxm: 3 USD/chip-hour}\n" },
    { "M0126", "regions must add up to 100%",
        "The shares of the regions of a workload are shares of the whole demand. What any site\n"
        "may serve is a workload of its own with 'anywhere: true'.\n",
        "regions: {us: 50%, eu: 40%}\n", "regions: {us: 60%, eu: 40%}\n" },
    { "M0127", "too many of them",
        "The program has limits: 64 partners (with own), 256 chips, 4096 sites, 4096 contracts,\n"
        "1024 workloads, 64 regions, 64 overrides of 1024 paths each.\n",
        NULL, NULL },
    { "M0128", "a chip that nobody knows",
        "A plan needs the server watts of each chip. The catalogue does not have this one, and\n"
        "the file does not state it under 'chips:'. Often the name is misspelt.\n",
        "chips: {mi450: {from: 2026-10}}\n",
        "chips: {mi450: {power: 2.3 kW/chip, from: 2026-10}}\n" },
    { "M0129", "another version of the format",
        "The first line says which version of the format the file is written in. This program\n"
        "reads version 1.\n",
        "mizan: 2\n", "mizan: 1\n" },
    { "M0130", "no such override",
        "The file offers named changes under 'overrides:'; this is not one of them.\n", NULL,
        NULL },
    { "M0131", "a path that leads nowhere",
        "The path of an override is cut at dots, and each part but the last must be there. The\n"
        "part that is marked is not.\n",
        "contracts.aws-38.capacity: 0 chips\n", "contracts.aws-38b.capacity: 0 chips\n" },
    { "M0132", "kinds of energy at a rented site",
        "Kinds of energy decide what power costs. The price of a rented chip includes its power,\n"
        "so a site with kinds of energy has contracts of kind own only. Such a site may have\n"
        "'carbon' over time.\n",
        NULL, NULL },
    { "M0133", "nothing to remove",
        "A warning: an override sets a key to null that is not there. That changes nothing; often\n"
        "the path is misspelt.\n",
        NULL, NULL },
    { "M0134", "nothing to scale",
        "Only a quantity, a map of dates with quantities, or a map by chip can be multiplied.\n",
        NULL, NULL },
    { "M0135", "a contract that is over",
        "A warning: the contract ends before the scenario starts, so it does nothing.\n", NULL,
        NULL },
    { "M0136", "regions that do nothing",
        "A warning: the workload states regions and 'anywhere: true'. Any site may then serve all\n"
        "of it, and the regions are only checked, not used.\n",
        "regions: {us: 100%}\nanywhere: true\n", "anywhere: true\n" },
    { "M0137", "a throughput without a model to compute it from",
        "Where a workload states no throughput, 'mizan size' computes it from the model. There is\n"
        "none, or it has no shape in the catalogue that can be computed with, or its config.json\n"
        "is missing or broken. A path is meant beside the scenario's file.\n",
        "throughput: {h100-sxm: size}\n", "model: llama3-70b\nthroughput: {h100-sxm: size}\n" },
    { "M0138", "a workload that no chip can run",
        "The workload states no throughput, and 'mizan size' finds no chip among the pools of the\n"
        "contracts that holds its model and keeps its targets ('ttft', 'tpot'). The note says why\n"
        "for each chip. State the throughput, loosen a target, or add a contract for another "
        "chip.\n",
        NULL, NULL },
    { "M0201", "not something that can be run",
        "A job runs exactly one of 'run' (a line for the shell), 'command' (a program and its\n"
        "arguments) and 'script' (a text that begins with #!).\n",
        "run: ./train.sh\ncommand: [./train.sh]\n", "run: ./train.sh\n" },
    { "M0202", "not a name for a job",
        "Names of jobs, teams, partners and chips have 1 to 128 bytes of printable UTF-8. Control\n"
        "characters are refused, because a name is shown on terminals; in a list of names each\n"
        "stands once.\n",
        "chip: \"h100-sxm,h200-sxm\"\n", "chip: [h100-sxm, h200-sxm]\n" },
    { "M0203", "not a number, time, amount of memory or price",
        "Times are written 90 min, 48h or as in Slurm 2-00:00:00; memory 64 GiB; prices\n"
        "2.50 USD/chip-hour; counts are whole numbers.\n",
        "time: two days\n", "time: 2 days\n" },
    { "M0204", "not a path",
        "A path begins at the root, or is relative to the folder that the job was submitted from.\n"
        "Variables and ~ are not expanded: the node where the job runs has others. In 'output'\n"
        "only %j, %n, %t and %% mean something.\n",
        "output: $HOME/run-%N.out\n", "output: /home/me/run-%j.out\n" },
    { "M0205", "not a dependency",
        "afterok, afterany and afternotok with numbers of jobs; all have to hold. What Slurm\n"
        "calls after, aftercorr, singleton and '?' (any of them) is not supported.\n",
        "dependency: singleton\n", "dependency: afterok:4127:4130,afterany:4131\n" },
    { "M0206", "not an array",
        "Indices from 0 to 4000000, ranges, ranges with a step, and behind % how many of them may\n"
        "run at once; 100000 elements at most.\n",
        "array: 1..8\n", "array: 1-8,12,20-40:5%4\n" },
    { "M0207", "not a signal",
        "A name or a number, and behind @ how long before a stop it is sent. KILL and STOP cannot\n"
        "be caught, so no program could write a checkpoint.\n",
        "checkpoint: {signal: KILL@60s}\n", "checkpoint: {signal: USR1@120s}\n" },
    { "M0208", "not an environment variable",
        "The name has letters, digits and _, with no digit first; the value is any text.\n",
        "env: {OMP-THREADS: 8}\n", "env: {OMP_THREADS: 8}\n" },
    { "M0209", "sizes that do not go together",
        "Every node of a job has as many chips: nodes times chips_per_node is chips. Two of the\n"
        "three are enough.\n",
        "nodes: 2\nchips: 15\n", "nodes: 2\nchips: 16\n" },
    { "M0210", "more than a job may have",
        "65536 nodes, 4194304 chips, 100000 elements of an array, 1024 variables, 4096 arguments,\n"
        "1024 dependencies, 64 partners, and 4 MiB of script, and of arguments and environment.\n",
        NULL, NULL },
    { "M0211", "comes later",
        "The program knows what is meant and cannot do it yet. 'kind: service' is an error, since\n"
        "nothing would keep the service running; 'order' is a warning.\n",
        "kind: service\n", "kind: batch\n" },
    { "M0220", "unknown option in a script",
        "Neither sbatch nor mizan has it. What only mizan has stands behind #MIZAN, so that\n"
        "sbatch still takes the script.\n",
        "#SBATCH --partners=aws\n", "#MIZAN --partners=aws\n" },
    { "M0221", "an option that is ignored",
        "A warning: the option asks for something that mizan does not do, or does anyway. What\n"
        "runs is the same without it.\n",
        NULL, NULL },
    { "M0222", "an option that cannot be honoured",
        "Ignoring the option would change what runs, or where, so the script is refused. What to\n"
        "write in its place stands under the mark.\n",
        "#SBATCH --nodelist=node[1-4]\n", "#SBATCH --nodes=4\n" },
    { "M0223", "an option without its value, or a word that is none",
        "The option needs a value, or takes none, or the word does not begin with a dash.\n",
        "#SBATCH nodes=2\n", "#SBATCH --nodes=2\n" },
    { "M0224", "an option behind the first command",
        "A warning: #SBATCH and #MIZAN lines are read up to the first command of the script, as\n"
        "sbatch does. This one stands below it.\n",
        "module load cuda\n#SBATCH --nodes=2\n", "#SBATCH --nodes=2\nmodule load cuda\n" },
    { "M0225", "a quote that is not closed",
        "A word that begins with \" or ' ends with the same, in the same line.\n",
        "#SBATCH --comment=\"two words\n", "#SBATCH --comment=\"two words\"\n" },
    { "M0226", "not a script",
        "A script begins with #! and the program that reads it, and its lines end with a line\n"
        "feed alone: with the line ends of Windows the interpreter is not found.\n",
        "echo hello\n", "#!/bin/sh\necho hello\n" },
    { "M0301", "no plan satisfies all the rules",
        "With --strict every rule has to hold, and these rules cannot hold together. The message\n"
        "shows a smallest set of them that already contradict each other, the arithmetic of it,\n"
        "and changes of which each one alone makes a plan possible. Without --strict the cheapest\n"
        "plan comes back, with every broken rule priced.\n",
        NULL, NULL },
};
const size_t mz_code_count = sizeof(mz_codes) / sizeof(mz_codes[0]);

const struct mz_code *mz_code_find(const char *code)
{
    for (size_t i = 0; i < mz_code_count; i++) {
        if (strcmp(mz_codes[i].code, code) == 0)
            return &mz_codes[i];
    }
    return NULL;
}

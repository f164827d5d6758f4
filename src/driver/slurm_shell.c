/* slurm_shell.c - the shell scripts that ask sbatch, squeue, scancel and scontrol
 *
 * For any POSIX shell, read from its standard input, so every command that might read gets
 * </dev/null. sbatch runs in an empty environment with what it needs: what it has becomes the
 * job's. After a failure that tells of a controller which does not answer, the remaining submits
 * are not begun: each would wait 10 s.
 *
 * A cancel by id asks squeue first and acts only when name and submit time are those that were
 * written down: ids are used again when a controller loses its last seconds. */
#include "driver/slurm_shell.h"

#include <string.h>

static void add_variable(struct mz_text *text, const struct mz_driver_keys *keys, int32_t i)
{
    mz_text_addf(text, "%s=", keys->env_names[i]);
    mz_slurm_quote(text, keys->env_values[i]);
}

void mz_slurm_shell_head(struct mz_text *text, const struct mz_slurm *slurm, const char *mark)
{
    for (int32_t i = 0; i < slurm->keys->env_count; i++) {
        add_variable(text, slurm->keys, i);
        mz_text_addf(text, "; export %s\n", slurm->keys->env_names[i]);
    }
    mz_text_addf(
        text, "export SLURM_TIME_FORMAT=%%s LC_ALL=C\necho '%s hello'\nids= lost=\n", mark);
}

void mz_slurm_shell_tail(struct mz_text *text, const char *mark)
{
    mz_text_addf(text, "echo '%s whole'\nexit 0\n", mark);
}

static void add_option(struct mz_text *text, const char *name, const char *value)
{
    if (!value[0])
        return;
    mz_text_addf(text, " --%s=", name);
    mz_slurm_quote(text, value);
}

static void add_count(struct mz_text *text, const char *name, int64_t value, const char *unit)
{
    if (value > 0)
        mz_text_addf(text, " --%s=%lld%s", name, (long long)value, unit);
}

static void add_options(
    struct mz_text *text, const struct mz_slurm *slurm, const struct mz_driver_submit *submit)
{
    mz_text_addf(text,
        " --parsable --no-requeue --nodes=%d --ntasks-per-node=1 --nodelist=", submit->node_count);
    for (int32_t i = 0; i < submit->node_count; i++)
        mz_text_addf(text, "%s%s", i ? "," : "", submit->nodes[i]);
    add_option(text, "job-name", submit->name);
    add_option(text, "chdir", mz_slurm_directory(slurm->keys));
    add_option(text, "partition", mz_slurm_partition(slurm->keys, submit));
    add_option(text, "comment", submit->comment);
    for (int32_t i = 0; i < submit->pass_count; i++) {
        if (strcmp(submit->pass_names[i], "partition") != 0)
            add_option(text, submit->pass_names[i], submit->pass_values[i]);
    }
    if (submit->chips_per_node > 0)
        mz_text_addf(text, " --gpus-per-node=%s%s%d", submit->chip, submit->chip[0] ? ":" : "",
            submit->chips_per_node);
    add_count(text, "cpus-per-task", submit->cpus_per_node, "");
    add_count(text, "mem", submit->memory_mib, "M");
    add_count(text, "time", mz_slurm_minutes(submit->time_us), "");
    mz_text_add(text, " --output=/dev/null --error=/dev/null");
}

void mz_slurm_shell_submit(struct mz_text *text, const struct mz_slurm *slurm, const char *mark,
    int32_t number, const struct mz_slurm_work *work)
{
    mz_text_addf(text,
        "[ -n \"$lost\" ] || {\n"
        "echo '%s begin %d'\n"
        "said=$(exec env -i PATH=\"$PATH\" HOME=\"$HOME\" ",
        mark, number);
    for (int32_t i = 0; i < slurm->keys->env_count; i++) {
        add_variable(text, slurm->keys, i);
        mz_text_add(text, " ");
    }
    mz_text_add(text, "sbatch");
    add_options(text, slurm, &work->submit);
    mz_text_addf(text, " 2>&1 <<'%s'\n%s%s\n)\n", mark, work->script, mark);
    mz_text_addf(text,
        "code=$?\n"
        "printf '%%s\\n%s end %d %%s\\n' \"$said\" \"$code\"\n"
        "if [ $code = 0 ]; then ids=$ids,${said%%%%;*}; else\n"
        "case $said in *'Unable to contact'*|*'timed out'*) lost=1 ;; esac; fi\n"
        "}\n",
        mark, number);
}

void mz_slurm_shell_times(struct mz_text *text, const char *mark)
{
    mz_text_addf(text,
        "[ -z \"$ids\" ] || squeue -a -h -t all -j \"${ids#,}\" -o '%s time " SLURM_SEPARATOR
        "%%A" SLURM_SEPARATOR "%%V" SLURM_SEPARATOR "%%j' </dev/null 2>/dev/null\n",
        mark);
}

void mz_slurm_shell_cancel(
    struct mz_text *text, const char *mark, int32_t number, const struct mz_slurm_work *work)
{
    mz_text_addf(text, "[ -n \"$lost\" ] || {\necho '%s begin %d'\n", mark, number);
    if (work->remote_id[0] && work->remote_submit_s) {
        mz_text_addf(text,
            "said=$(squeue -a -h -t all -j %s -o '%%V %%j' </dev/null 2>&1); code=$?\n"
            "if [ \"$said\" = '%lld '",
            work->remote_id, (long long)work->remote_submit_s);
    } else if (work->remote_id[0]) {
        mz_text_addf(text,
            "said=$(squeue -a -h -t all -j %s -o '%%j' </dev/null 2>&1); code=$?\n"
            "if [ \"$said\" = ",
            work->remote_id);
    }
    if (work->remote_id[0]) {
        mz_slurm_quote(text, work->name);
        mz_text_addf(
            text, " ]; then said=$(scancel %s </dev/null 2>&1); code=$?; fi\n", work->remote_id);
    } else {
        mz_text_add(text, "said=$(scancel --user=\"$(id -un)\" --name=");
        mz_slurm_quote(text, work->name);
        mz_text_add(text, " </dev/null 2>&1); code=$?\n");
    }
    mz_text_addf(text,
        "printf '%%s\\n%s end %d %%s\\n' \"$said\" \"$code\"\n"
        "case $said in *'Unable to contact'*|*'timed out'*) lost=1 ;; esac\n"
        "}\n",
        mark, number);
}

void mz_slurm_shell_observe(struct mz_text *text, const char *mark)
{
    static const char *const fields[] = { "%A", "%V", "%e", "%T", "%u", "%C", "%m", "%b", "%N",
        "%r", "%j" };

    mz_text_addf(text,
        "echo \"%s user $(id -un)\"\n"
        "scontrol show node -d -o </dev/null\necho \"%s nodes $?\"\n"
        "squeue -a -h -t all -o '%s job ",
        mark, mark, mark);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        mz_text_addf(text, SLURM_SEPARATOR "%s", fields[i]);
    mz_text_addf(text, "' </dev/null\necho \"%s jobs $?\"\n", mark);
}

<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en_US" sourcelanguage="en">
<context>
    <name>PurgeRuns</name>
    <message numerus="yes">
        <source>Remove %1 deleted runs for good? This cannot be undone.</source>
        <translation>
            <numerusform>Remove %1 deleted run for good? This cannot be undone.</numerusform>
            <numerusform>Remove %1 deleted runs for good? This cannot be undone.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 runs removed for good; %2 freed.</source>
        <translation>
            <numerusform>%1 run removed for good; %2 freed.</numerusform>
            <numerusform>%1 runs removed for good; %2 freed.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>QObject</name>
    <message numerus="yes">
        <source>%1 runs</source>
        <translation>
            <numerusform>%1 run</numerusform>
            <numerusform>%1 runs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::AnswerCard</name>
    <message numerus="yes">
        <source>%1 tokens…</source>
        <translation>
            <numerusform>%1 token…</numerusform>
            <numerusform>%1 tokens…</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 tokens</source>
        <translation>
            <numerusform>%1 token</numerusform>
            <numerusform>%1 tokens</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::ComparePage</name>
    <message numerus="yes">
        <source>%1 runs selected</source>
        <translation>
            <numerusform>%1 run selected</numerusform>
            <numerusform>%1 runs selected</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::EstimateCard</name>
    <message numerus="yes">
        <source>From the time %1 complete runs of this workspace took.</source>
        <translation>
            <numerusform>From the time %1 complete run of this workspace took.</numerusform>
            <numerusform>From the time %1 complete runs of this workspace took.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::MainWindow</name>
    <message numerus="yes">
        <source>%1 threads</source>
        <translation>
            <numerusform>%1 thread</numerusform>
            <numerusform>%1 threads</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::PlanCard</name>
    <message numerus="yes">
        <source>%1 runs</source>
        <translation>
            <numerusform>%1 run</numerusform>
            <numerusform>%1 runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>; %1 are complete already</source>
        <translation>
            <numerusform>; %1 is complete already</numerusform>
            <numerusform>; %1 are complete already</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 runs are queued</source>
        <translation>
            <numerusform>%1 run is queued</numerusform>
            <numerusform>%1 runs are queued</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 resume from their checkpoints</source>
        <translation>
            <numerusform>%1 goes on from its checkpoint</numerusform>
            <numerusform>%1 go on from their checkpoints</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 were complete</source>
        <translation>
            <numerusform>%1 was complete</numerusform>
            <numerusform>%1 were complete</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::PriceCard</name>
    <message numerus="yes">
        <source>%1 segments off the path</source>
        <translation>
            <numerusform>%1 segment off the path</numerusform>
            <numerusform>%1 segments off the path</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::QueueDock</name>
    <message numerus="yes">
        <source>%1 runs wait</source>
        <translation>
            <numerusform>%1 run waits</numerusform>
            <numerusform>%1 runs wait</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::RecordedCard</name>
    <message numerus="yes">
        <source>%1 tokens</source>
        <translation>
            <numerusform>%1 token</numerusform>
            <numerusform>%1 tokens</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::RunTree</name>
    <message numerus="yes">
        <source>%1 runs</source>
        <translation>
            <numerusform>%1 run</numerusform>
            <numerusform>%1 runs</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::StartCard</name>
    <message numerus="yes">
        <source>✓ Valid: %1 fields differ from their defaults</source>
        <translation>
            <numerusform>✓ Valid: %1 field differs from its default</numerusform>
            <numerusform>✓ Valid: %1 fields differ from their defaults</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::TradeoffView</name>
    <message numerus="yes">
        <source>%1 runs without these figures are not drawn</source>
        <translation>
            <numerusform>%1 run without these figures is not drawn</numerusform>
            <numerusform>%1 runs without these figures are not drawn</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::WindowStatus</name>
    <message numerus="yes">
        <source>%1 runs</source>
        <translation>
            <numerusform>%1 run</numerusform>
            <numerusform>%1 runs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>log: %1 warnings</source>
        <translation>
            <numerusform>log: %1 warning</numerusform>
            <numerusform>log: %1 warnings</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>skd::PlotView</name>
    <message numerus="yes">
        <source>%1 lines</source>
        <translation>
            <numerusform>%1 line</numerusform>
            <numerusform>%1 lines</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 points</source>
        <translation>
            <numerusform>%1 point</numerusform>
            <numerusform>%1 points</numerusform>
        </translation>
    </message>
</context>
</TS>

# Runs OAR's server as it is, but for two things. It would listen on every address of this host; it
# does so on $BIND. And where it sleeps 10 s, on an empty command queue and between two looks at jobs
# that are over their walltime, it sleeps 1. Prints its pid; what it says itself goes to $LOG.
if (my $child = fork) { print $child; exit }
open(STDOUT, ">>", delete $ENV{LOG}) or die;
open(STDERR, ">&", \*STDOUT) or die;
my ($new, $address) = (\&IO::Socket::INET::new, delete $ENV{BIND});
{
    no warnings;
    *IO::Socket::INET::new = sub {
        my ($class, %options) = @_;
        $options{LocalAddr} ||= $address if $options{LocalPort};
        $new->($class, %options);
    };
}
open(F, "/usr/lib/oar/Almighty") or die;
my $source = join("", <F>);
close F;
$source =~ s/(my \$(?:read_commands_timeout|villainstimeout) = )10;/${1}1;/g;
$0 = "Almighty $ENV{JOBQUEUE_OAR_BED}";
eval "#line 1 \"/usr/lib/oar/Almighty\"\n$source";
die $@ if $@;
